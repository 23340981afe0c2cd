import { Client } from "@moorage/kube-client";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { type Change, Informer } from "./informer.ts";

function configMap(name: string, version: number, extra: { uid?: string; text?: string } = {}): ConfigMap {
  const { uid = `uid-${name}`, text = "" } = extra;
  const managedFields = [{ manager: "moorage/x" }, { manager: "kubectl" }];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "d", uid, resourceVersion: String(version), managedFields },
    data: { text },
  };
}

/** An informer that is fed by hand, and what it tells. */
function fed() {
  const errors: unknown[] = [];
  const informer = new Informer<ConfigMap>({
    client: new Client({ cluster: { server: "http://none.invalid", namespace: "d" } }),
    type: ConfigMap,
    scope: {},
    managerPrefix: "moorage/",
    onSubscriberError: (error) => errors.push(error),
  });
  const told: string[] = [];
  const one = (object: ConfigMap | undefined) =>
    object ? `${object.metadata.uid}@${object.metadata.resourceVersion}` : "-";
  informer.subscribe(({ before, after, initial, writer }: Change<ConfigMap>) => {
    told.push(`${one(before)} > ${one(after)}${initial ? " initial" : ""}${writer ? ` by ${writer}` : ""}`);
  });
  const picture = (version: number, ...objects: ConfigMap[]) => {
    informer.restarted();
    for (const object of objects) informer.upserted(object);
    informer.synced(String(version));
  };
  return { informer, told, errors, picture };
}

describe("Informer", () => {
  it("tells a complete picture as initial, then news", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5));
    informer.upserted(configMap("a", 11));
    informer.removed(configMap("a", 12));
    expect(told).toEqual(["- > uid-a@5 initial", "uid-a@5 > uid-a@11", "uid-a@11 > -"]);
  });

  it("tells what vanished while it was disconnected, and not what stayed the same", () => {
    const { told, picture, informer } = fed();
    picture(10, configMap("a", 5), configMap("b", 6));
    told.length = 0;
    picture(20, configMap("b", 6));
    expect([told, informer.store.size]).toEqual([["uid-a@5 > -"], 1]);
  });

  it("tells a deletion and a creation when an object was recreated unobserved", () => {
    const { told, picture } = fed();
    picture(10, configMap("a", 5, { uid: "old" }));
    told.length = 0;
    picture(20, configMap("a", 15, { uid: "new" }));
    expect(told).toEqual(["old@5 > - initial", "- > new@15 initial"]);
  });

  it("shows an own write at once, tells its echo with the writer, and is then caught up", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5));
    told.length = 0;
    informer.recordWrite(configMap("a", 11, { text: "mine" }), "me");
    expect([informer.store.get("d/a")?.data?.["text"], informer.caughtUp, told]).toEqual(["mine", false, []]);
    informer.upserted(configMap("a", 11, { text: "mine" }));
    informer.progressed("11");
    expect([told, informer.caughtUp]).toEqual([["uid-a@5 > uid-a@11 by me"], true]);
  });

  it("knows an echo that comes before the answer, and shows it at once", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5));
    told.length = 0;
    const ended = informer.writing("d/a");
    informer.upserted(configMap("a", 11, { text: "mine" }));
    informer.progressed("11");
    expect([informer.store.get("d/a")?.data?.["text"], told]).toEqual(["mine", []]);
    informer.recordWrite(configMap("a", 11, { text: "mine" }), "me");
    ended();
    expect([told, informer.caughtUp]).toEqual([["uid-a@5 > uid-a@11 by me"], true]);
  });

  it("tells what others did while a write was under way, whatever became of it", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5), configMap("b", 6), configMap("c", 7));
    told.length = 0;
    const ended = ["a", "b", "c"].map((name) => informer.writing(`d/${name}`));
    for (const name of ["a", "b", "c"]) informer.upserted(configMap(name, 11));
    // Ours comes after theirs; ours fails; theirs is deleted before ours is answered.
    informer.upserted(configMap("a", 12));
    informer.recordWrite(configMap("a", 12), "me");
    informer.removed(configMap("c", 13));
    for (const end of ended) end();
    expect(told).toEqual([
      "uid-a@5 > uid-a@11",
      "uid-a@11 > uid-a@12 by me",
      "uid-c@7 > uid-c@11",
      "uid-c@11 > -",
      "uid-b@6 > uid-b@11",
    ]);
  });

  it("does not go back to a version before an own write, but tells that somebody else changed it", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5));
    informer.recordWrite(configMap("a", 13, { text: "mine" }), "me");
    told.length = 0;
    informer.upserted(configMap("a", 12, { text: "theirs" }));
    expect([informer.store.get("d/a")?.data?.["text"], told]).toEqual(["mine", ["uid-a@13 > uid-a@12"]]);
  });

  it("tells a picture whose last change was ours: changes of others may be in it, unseen", () => {
    const { informer, told, picture } = fed();
    picture(10, configMap("a", 5));
    informer.recordWrite(configMap("a", 13, { text: "theirs and mine" }), "me");
    told.length = 0;
    picture(20, configMap("a", 13, { text: "theirs and mine" }));
    expect(told).toEqual(["uid-a@5 > uid-a@13 initial"]);
  });

  it("ignores the answer to a write that the watch has overtaken: the object may be gone", () => {
    const { informer, picture } = fed();
    picture(10, configMap("a", 5));
    informer.removed(configMap("a", 12));
    informer.progressed("12");
    informer.recordWrite(configMap("a", 11), "me");
    expect(informer.store.get("d/a")).toBeUndefined();
  });

  it("keeps an object that was created by an own write while a picture was under way", () => {
    const { informer, picture } = fed();
    picture(10);
    informer.restarted();
    informer.recordWrite(configMap("mine", 25), "me");
    informer.synced("20");
    expect(informer.store.get("d/mine")).toBeDefined();
  });

  it("believes a server that was restored from a backup and has older versions", () => {
    const { informer, picture } = fed();
    picture(100, configMap("a", 90));
    informer.recordWrite(configMap("a", 110, { text: "lost" }), "me");
    informer.recordWrite(configMap("b", 111), "me");
    picture(50, configMap("a", 40, { text: "restored" }));
    expect([informer.store.get("d/a")?.data?.["text"], informer.store.get("d/b")]).toEqual(["restored", undefined]);
  });

  it("does not take a late deletion of its predecessor for the deletion of a new object", () => {
    const { informer, picture } = fed();
    picture(10, configMap("a", 5, { uid: "old" }));
    informer.recordWrite(configMap("a", 12, { uid: "new" }), "me");
    informer.removed(configMap("a", 11, { uid: "old" }));
    expect(informer.store.get("d/a")?.metadata.uid).toBe("new");
  });

  it("keeps our managedFields and drops others'", () => {
    const { informer, picture } = fed();
    picture(10, configMap("a", 5));
    expect(informer.store.get("d/a")?.metadata.managedFields).toEqual([{ manager: "moorage/x" }]);
  });

  it("tells the others when one subscriber throws", () => {
    const { informer, told, errors } = fed();
    informer.subscribe(() => {
      throw new Error("mine alone");
    });
    informer.upserted(configMap("a", 5));
    expect([told.length, errors.length]).toEqual([1, 1]);
  });

  it("tells a late subscriber what is there", () => {
    const { informer, picture } = fed();
    picture(10, configMap("a", 5));
    const late: Change<ConfigMap>[] = [];
    informer.subscribe((change) => late.push(change));
    expect(late).toMatchObject([{ initial: true, after: { metadata: { name: "a" } } }]);
  });
});
