import { fieldOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, replace, type Step, type StepAnswer } from "../step.ts";
import { paths } from "./objects.ts";

const one = `${paths.leases}/a`;
const lease = (spec: object, metadata: object = {}): object => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "a", ...metadata },
  spec,
});
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const codesOf = (answers: readonly StepAnswer[]): number[] => answers.map(({ code }) => code).sort();
const versionOf = ({ body }: StepAnswer): string => String(fieldOf(body, "metadata", "resourceVersion"));

/** Reads, adds one and writes, until no other writer was faster. */
async function countUp(stage: Stage): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const found = await stage.send(read(one));
    const leaseTransitions = Number(fieldOf(found.body, "spec", "leaseTransitions")) + 1;
    const next = lease({ leaseTransitions }, { resourceVersion: versionOf(found) });
    isDone = (await stage.send(replace(one, next))).code === 200;
  }
}

const scripts: [name: string, script: Script][] = [
  [
    "one of many creators wins",
    async (stage) =>
      codesOf(
        await Promise.all(numbers(10).map((n) => stage.send(create(paths.leases, lease({ holderIdentity: `h${n}` }))))),
      ),
  ],
  [
    "one of many updates of a version wins",
    async (stage) => {
      const made = await stage.send(create(paths.leases, lease({ holderIdentity: "none" })));
      const metadata = { resourceVersion: versionOf(made) };
      const take = (n: number) => stage.send(replace(one, lease({ holderIdentity: `h${n}` }, metadata)));
      const answers = await Promise.all(numbers(10).map(take));
      const winner = answers.find(({ code }) => code === 200);
      const stored = await stage.send(read(one));
      return {
        codes: codesOf(answers),
        isWinner: fieldOf(winner?.body, "spec", "holderIdentity") === fieldOf(stored.body, "spec", "holderIdentity"),
      };
    },
  ],
  [
    "one of many patches of a version wins",
    async (stage) => {
      const metadata = { resourceVersion: versionOf(await stage.send(create(paths.leases, lease({})))) };
      const take = (n: number) => stage.send(patch("merge", one, { metadata, spec: { holderIdentity: `h${n}` } }));
      return codesOf(await Promise.all(numbers(10).map(take)));
    },
  ],
  [
    "no patch without a version is lost",
    async (stage) => {
      await stage.send(create(paths.leases, lease({})));
      const label = (n: number) => stage.send(patch("merge", one, { metadata: { labels: { [`l${n}`]: "x" } } }));
      const codes = codesOf(await Promise.all(numbers(10).map(label)));
      const { body } = await stage.send(read(one));
      return { codes, labels: fieldOf(body, "metadata", "labels") };
    },
  ],
  [
    "no increment is lost",
    async (stage) => {
      await stage.send(create(paths.leases, lease({ leaseTransitions: 0 })));
      await Promise.all(
        numbers(5).map(async () => {
          for (let times = 0; times < 5; times++) await countUp(stage);
        }),
      );
      return fieldOf((await stage.send(read(one))).body, "spec", "leaseTransitions");
    },
  ],
  [
    "one of many deletions of a version wins",
    async (stage) => {
      const resourceVersion = versionOf(await stage.send(create(paths.leases, lease({}))));
      const drop = () => stage.send(remove(one, { preconditions: { resourceVersion } }));
      return codesOf(await Promise.all(numbers(5).map(drop)));
    },
  ],
  [
    "watchers see every holder in its order",
    async (stage) => {
      const watch = await stage.watchFromNow(paths.leases);
      await stage.send(create(paths.leases, lease({ leaseTransitions: 0 })));
      await Promise.all(numbers(4).map(() => countUp(stage)));
      const events = await watch.until((all) => all.length >= 5);
      return events.map(({ type, object }) => [type, fieldOf(object, "spec", "leaseTransitions")]);
    },
  ],
];

const made = create(paths.leases, lease({ holderIdentity: "a" }));
const cases: [name: string, ...steps: Step[]][] = [
  ["an update of nothing creates it", replace(one, lease({ holderIdentity: "a" })), read(one)],
  ["an update of nothing with a version", replace(one, lease({}, { resourceVersion: "5" }))],
  ["an update without a version", made, replace(one, lease({ holderIdentity: "b" }))],
  ["an update of a version that is gone", made, replace(one, lease({}, { resourceVersion: "1" }))],
  ["a version that is no number", made, replace(one, lease({}, { resourceVersion: "x" }))],
  ["a duration of nothing", create(paths.leases, lease({ leaseDurationSeconds: 0 }))],
  ["negative transitions", create(paths.leases, lease({ leaseTransitions: -1 }))],
  ["a time without microseconds", create(paths.leases, lease({ renewTime: "2026-01-01T00:00:00Z" }))],
  ["a time that is none", create(paths.leases, lease({ renewTime: "yesterday" }))],
  ["a time in another zone", create(paths.leases, lease({ renewTime: "2026-01-01T02:00:00.500000+02:00" }))],
  ["a holder that is preferred without a strategy", create(paths.leases, lease({ preferredHolder: "b" }))],
  [
    "a strategy",
    create(paths.leases, lease({ holderIdentity: "a", leaseDurationSeconds: 5, strategy: "OldestEmulationVersion" })),
  ],
];

/** Leases, as those use them who elect a leader: of many writers exactly one wins. */
export const leaseScenarios: readonly Scenario[] = [
  ...scripts.map(([name, steps]) => ({ name: `leases: ${name}`, steps })),
  ...cases.map(([name, ...steps]) => ({ name: `leases: ${name}`, steps })),
];
