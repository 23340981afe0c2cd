import { fieldOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { create, read, remove, type Step, type StepAnswer } from "../../step.ts";
import { paths, podSpec } from "../objects.ts";
import { bindingOf, roleBindings, roleOf, roles, withToken } from "./callers.ts";

const authentication = "/apis/authentication.k8s.io/v1";
const whoAmI = create(`${authentication}/selfsubjectreviews`, {});
const account = create(paths.accounts, { metadata: { name: "robot" } });
const tokens = `${paths.accounts}/robot/token`;
const pods = read(`${paths.pods}?limit=1`);
const text = (value: unknown, ...path: string[]): string => String(fieldOf(value, ...path) ?? "");
const tokenOf = ({ body }: StepAnswer): string => text(body, "status", "token");
const review = (token: string, audiences?: readonly string[]): Step =>
  create(`${authentication}/tokenreviews`, { spec: { token, ...(audiences ? { audiences } : {}) } });

async function ask(stage: Stage, spec: object = {}): Promise<StepAnswer> {
  return stage.send(create(tokens, { spec }));
}

/** The second part of a token. */
function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

/** Tokens and what is counted from the moment of their making are different every time. */
function shown(answer: StepAnswer): unknown {
  return JSON.parse(
    JSON.stringify(answer)
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>")
      .replace(/JTI=[0-9a-f-]+/g, "JTI=<uid>"),
  );
}

const made: [name: string, spec: object][] = [
  ["for nothing in particular", {}],
  ["for an audience", { audiences: ["vault"] }],
  ["for a time", { expirationSeconds: 1200 }],
  ["for too short a time", { expirationSeconds: 10 }],
  ["for too long a time", { expirationSeconds: 2 ** 32 + 1 }],
  ["bound to a pod that is not there", { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } }],
  ["bound to a Secret that is not there", { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "none" } }],
  ["bound to something else", { boundObjectRef: { kind: "ConfigMap", apiVersion: "v1", name: "kube-root-ca.crt" } }],
];

const scripts: [name: string, script: Script][] = [
  [
    "what a token says",
    async (stage) => {
      await stage.send(account);
      const { aud, exp, iat, iss, nbf, sub, jti, ...rest } = claimsOf(
        tokenOf(await ask(stage, { audiences: ["a", "b"], expirationSeconds: 900 })),
      );
      return {
        aud,
        iss,
        sub,
        rest,
        seconds: Number(exp) - Number(iat),
        fromNow: Number(nbf) - Number(iat),
        id: typeof jti,
      };
    },
  ],
  [
    "who a token is",
    async (stage) => {
      await stage.send(account);
      return shown(await stage.send(withToken(tokenOf(await ask(stage)), whoAmI)));
    },
  ],
  [
    "what a token may",
    async (stage) => {
      await stage.send(account);
      const token = tokenOf(await ask(stage));
      const before = await stage.send(withToken(token, pods));
      await stage.send(create(roles, roleOf("r", ["list"], ["pods"])));
      const robot = [{ kind: "ServiceAccount", name: "robot" }];
      await stage.send(create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }, robot)));
      const after = await stage.until(withToken(token, pods), ({ code }) => code === 200);
      return [before, after.code, await stage.send(withToken(token, read(paths.services)))];
    },
  ],
  [
    "what the accounts of a namespace may",
    async (stage) => {
      await stage.send(account);
      const token = tokenOf(await ask(stage));
      await stage.send(create(roles, roleOf("r", ["list"], ["pods"])));
      const all = [{ kind: "Group", name: "system:serviceaccounts:{ns}" }];
      await stage.send(create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }, all)));
      return (await stage.until(withToken(token, pods), ({ code }) => code === 200)).code;
    },
  ],
  [
    "a token for another audience",
    async (stage) => {
      await stage.send(account);
      const token = tokenOf(await ask(stage, { audiences: ["vault"] }));
      const answers = await stage.sendAll([
        withToken(token, whoAmI),
        review(token),
        review(token, ["vault", "other"]),
        review(token, ["other"]),
      ]);
      return answers.map(shown);
    },
  ],
  [
    "a review of a token",
    async (stage) => {
      await stage.send(account);
      const token = tokenOf(await ask(stage));
      return (await stage.sendAll([review(token), review("nonsense"), review(""), review(`${token}x`)])).map(shown);
    },
  ],
  [
    "a token goes with its account",
    async (stage) => {
      await stage.send(account);
      const token = tokenOf(await ask(stage));
      const before = await stage.send(withToken(token, whoAmI));
      await stage.send(remove(`${paths.accounts}/robot`));
      const after = await stage.until(withToken(token, whoAmI), ({ code }) => code === 401);
      await stage.send(account);
      return [before.code, after, (await stage.send(withToken(token, whoAmI))).code];
    },
  ],
  [
    "a token bound to a pod goes with it",
    async (stage) => {
      await stage.send(account);
      const { body } = await stage.send(
        create(paths.pods, {
          metadata: { name: "p" },
          spec: podSpec({ serviceAccountName: "robot", schedulerName: "none" }),
        }),
      );
      const bound = { kind: "Pod", apiVersion: "v1", name: "p", uid: text(body, "metadata", "uid") };
      const answer = await ask(stage, { boundObjectRef: bound });
      const token = tokenOf(answer);
      const who = await stage.send(withToken(token, whoAmI));
      await stage.send(remove(`${paths.pods}/p`, { gracePeriodSeconds: 0 }));
      const after = await stage.until(withToken(token, whoAmI), ({ code }) => code === 401);
      const claims = claimsOf(token)["kubernetes.io"];
      return { asked: shown(answer), who: shown(who), claims, after: after.code };
    },
  ],
  [
    "a token bound to a pod of another account",
    async (stage) => {
      await stage.send(account);
      await stage.send(create(paths.pods, { metadata: { name: "p" }, spec: podSpec({ schedulerName: "none" }) }));
      return shown(await ask(stage, { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" } }));
    },
  ],
  [
    "a token bound to a pod of another uid",
    async (stage) => {
      await stage.send(account);
      await stage.send(
        create(paths.pods, {
          metadata: { name: "p" },
          spec: podSpec({ serviceAccountName: "robot", schedulerName: "none" }),
        }),
      );
      const uid = "00000000-0000-0000-0000-000000000000";
      return shown(await ask(stage, { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid } }));
    },
  ],
  [
    "a token bound to a Secret goes with it",
    async (stage) => {
      await stage.sendAll([account, create(paths.secrets, { metadata: { name: "s" } })]);
      const token = tokenOf(await ask(stage, { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "s" } }));
      const who = await stage.send(withToken(token, whoAmI));
      await stage.send(remove(`${paths.secrets}/s`));
      const after = await stage.until(withToken(token, whoAmI), ({ code }) => code === 401);
      return { who: shown(who), claims: claimsOf(token)["kubernetes.io"], after: after.code };
    },
  ],
  [
    "a Secret is filled with a token",
    async (stage) => {
      await stage.send(account);
      const annotations = { "kubernetes.io/service-account.name": "robot" };
      await stage.send(
        create(paths.secrets, { metadata: { name: "s", annotations }, type: "kubernetes.io/service-account-token" }),
      );
      const isFilled = ({ body }: StepAnswer) => text(body, "data", "token") !== "";
      const { body } = await stage.until(read(`${paths.secrets}/s`), isFilled);
      const token = Buffer.from(text(body, "data", "token"), "base64").toString();
      const who = await stage.send(withToken(token, whoAmI));
      return {
        keys: Object.keys(Object(fieldOf(body, "data"))).sort(),
        annotations: fieldOf(body, "metadata", "annotations"),
        claims: claimsOf(token),
        who: shown(who),
      };
    },
  ],
];

const requests: [name: string, ...steps: Step[]][] = [
  ["no token", withToken("", whoAmI), withToken("", pods), withToken("", read("/livez")), withToken("", read("/api"))],
  ["a token that is none", withToken("nonsense", pods), withToken("nonsense", read("/healthz"))],
  ["another scheme", { ...pods, headers: { authorization: "Basic dTpw" } }],
  ["a scheme without a token", { ...pods, headers: { authorization: "Bearer " } }],
  ["no account", create(tokens, { spec: {} })],
  [
    "a Secret for no account",
    create(paths.secrets, { metadata: { name: "s" }, type: "kubernetes.io/service-account-token" }),
  ],
];

/** Tokens of ServiceAccounts: how they are asked for, what they say, and when they end. */
export const tokenScenarios: readonly Scenario[] = [
  ...made.map(([name, spec]) => ({
    name: `access: a token ${name}`,
    steps: async (stage: Stage) => {
      await stage.send(account);
      return shown(await ask(stage, spec));
    },
  })),
  ...scripts.map(([name, steps]) => ({ name: `access: ${name}`, steps })),
  ...requests.map(([name, ...steps]) => ({ name: `access: with ${name}`, steps })),
];
