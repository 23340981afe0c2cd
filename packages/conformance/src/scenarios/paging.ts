import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type StepAnswer } from "../step.ts";
import { paths } from "./objects.ts";

const secrets = paths.secrets;
const names = ["a", "b", "c", "d", "e"];
const namesOf = ({ body }: StepAnswer): unknown[] =>
  listOf(body, "items").map((item) => fieldOf(item, "metadata", "name"));
const versionOf = ({ body }: StepAnswer): string => String(fieldOf(body, "metadata", "resourceVersion"));
const tokenOf = ({ body }: StepAnswer): string =>
  encodeURIComponent(String(fieldOf(body, "metadata", "continue") ?? ""));

async function five(stage: Stage): Promise<void> {
  await stage.sendAll(
    names.map((name) => create(secrets, { metadata: { name, labels: { x: name < "d" ? "1" : "2" } } })),
  );
}

/** The pages of a list, each by its names and what it says of the rest. */
async function pages(stage: Stage, query: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let token = ""; ; ) {
    const answer = await stage.send(read(`${secrets}?${query}${token === "" ? "" : `&continue=${token}`}`));
    token = tokenOf(answer);
    seen.push({
      code: answer.code,
      names: namesOf(answer),
      remaining:
        fieldOf(answer.body, "metadata", "remainingItemCount") === undefined
          ? "unknown"
          : Number(fieldOf(answer.body, "metadata", "remainingItemCount")),
      isLast: token === "",
    });
    if (token === "" || seen.length > names.length) return seen;
  }
}

const paged =
  (query: string): Script =>
  async (stage) => {
    await five(stage);
    return pages(stage, query);
  };

const scripts: [name: string, script: Script][] = [
  ["two by two", paged("limit=2")],
  ["all in one", paged("limit=5")],
  ["no limit", paged("limit=0")],
  ["by label", paged("limit=1&labelSelector=x%3D1")],
  ["by field", paged("limit=2&fieldSelector=metadata.name!%3Dc")],
  [
    "what comes between pages is not seen",
    async (stage) => {
      await five(stage);
      const first = await stage.send(read(`${secrets}?limit=2`));
      await stage.sendAll([remove(`${secrets}/c`), create(secrets, { metadata: { name: "bb" } })]);
      const second = await stage.send(read(`${secrets}?limit=3&continue=${tokenOf(first)}`));
      return { first: namesOf(first), second: namesOf(second), isSameVersion: versionOf(first) === versionOf(second) };
    },
  ],
  [
    "another limit for each page",
    async (stage) => {
      await five(stage);
      const first = await stage.send(read(`${secrets}?limit=1`));
      const second = await stage.send(read(`${secrets}?limit=3&continue=${tokenOf(first)}`));
      const third = await stage.send(read(`${secrets}?continue=${tokenOf(second)}`));
      return [first, second, third].map(namesOf);
    },
  ],
  [
    "a token with a version",
    async (stage) => {
      await five(stage);
      const first = await stage.send(read(`${secrets}?limit=1`));
      return stage.send(read(`${secrets}?limit=1&resourceVersion=${versionOf(first)}&continue=${tokenOf(first)}`));
    },
  ],
  [
    "exactly as it was",
    async (stage) => {
      await five(stage);
      const then = versionOf(await stage.send(read(secrets)));
      await stage.sendAll([
        remove(`${secrets}/a`),
        patch("merge", `${secrets}/b`, { metadata: { labels: { x: "9" } } }),
      ]);
      const exact = await stage.send(read(`${secrets}?resourceVersion=${then}&resourceVersionMatch=Exact`));
      const now = await stage.send(read(secrets));
      return { exact: exact.body, isThen: versionOf(exact) === then, now: namesOf(now) };
    },
  ],
  [
    "exactly as it was, page by page",
    async (stage) => {
      await five(stage);
      const then = versionOf(await stage.send(read(secrets)));
      await stage.send(remove(`${secrets}/a`));
      return pages(stage, `limit=2&resourceVersion=${then}&resourceVersionMatch=Exact`).catch(String);
    },
  ],
  [
    "a version with a limit means that version",
    async (stage) => {
      await five(stage);
      const then = versionOf(await stage.send(read(secrets)));
      await stage.send(remove(`${secrets}/a`));
      return namesOf(await stage.send(read(`${secrets}?limit=5&resourceVersion=${then}`)));
    },
  ],
  [
    "not older than a version",
    async (stage) => {
      await five(stage);
      const then = versionOf(await stage.send(read(secrets)));
      await stage.send(remove(`${secrets}/a`));
      const now = versionOf(await stage.send(read(secrets)));
      const answer = await stage.send(read(`${secrets}?resourceVersion=${now}&resourceVersionMatch=NotOlderThan`));
      return {
        names: namesOf(answer),
        isNewer: Number(versionOf(answer)) >= Number(now) && Number(now) > Number(then),
      };
    },
  ],
  [
    "one object not older than a version",
    async (stage) => {
      await five(stage);
      const changed = await stage.send(patch("merge", `${secrets}/a`, { metadata: { labels: { x: "9" } } }));
      const answer = await stage.send(read(`${secrets}/a?resourceVersion=${versionOf(changed)}`));
      return fieldOf(answer.body, "metadata", "labels");
    },
  ],
  [
    "versions grow with every write",
    async (stage) => {
      const answers = await stage.sendAll([
        create(secrets, { metadata: { name: "a" } }),
        create(secrets, { metadata: { name: "b" } }),
        patch("merge", `${secrets}/a`, { metadata: { labels: { x: "1" } } }),
        patch("merge", `${secrets}/a`, { metadata: { labels: { x: "1" } } }),
      ]);
      const versions = answers.map((answer) => Number(versionOf(answer)));
      return {
        grows:
          versions[0] !== undefined &&
          versions[1] !== undefined &&
          versions[2] !== undefined &&
          versions[0] < versions[1] &&
          versions[1] < versions[2],
        isSame: versions[2] === versions[3],
      };
    },
  ],
];

const refused: [name: string, query: string][] = [
  ["a token that is none", "limit=1&continue=x"],
  [
    "a token of another form",
    `limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v9","rv":1,"start":"a"}').toString("base64url")}`,
  ],
  [
    "a token without a version",
    `limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","start":"a"}').toString("base64url")}`,
  ],
  [
    "a token that leads out",
    `limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../x"}').toString("base64url")}`,
  ],
  ["a negative limit", "limit=-1"],
  ["a limit that is none", "limit=x"],
  ["a match that is not known", "resourceVersion=1&resourceVersionMatch=Sometimes"],
  ["exactly no version", "resourceVersion=0&resourceVersionMatch=Exact"],
  ["a time that is none", "timeoutSeconds=x"],
  ["a pretty answer", "pretty=true&limit=1"],
];

/** Lists in pages, and at versions. */
export const pagingScenarios: readonly Scenario[] = [
  ...scripts.map(([name, steps]) => ({ name: `paging: ${name}`, steps })),
  ...refused.map(([name, query]) => ({ name: `paging: ${name}`, steps: [read(`${secrets}?${query}`)] })),
];
