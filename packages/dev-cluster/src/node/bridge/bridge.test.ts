import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../testing/free-port.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
let bridge: ChildProcess;
let port: number;

/** Serves each connection by `code` in Node.js. */
async function serve(code: string): Promise<void> {
  port = await freePort();
  bridge = spawn(process.execPath, [main, "-ll", "-p", String(port), "-e", process.execPath, "-e", code], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await expect
    .poll(
      () =>
        tryConnect().then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
}

function tryConnect(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

const open = () => connect({ host: "127.0.0.1", port, allowHalfOpen: true });
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
  });
}

const firstLine = (socket: Socket) =>
  new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk).trim())));

beforeEach(() => {
  port = 0;
});
afterEach(async () => {
  if (bridge.exitCode !== null || bridge.signalCode !== null) return;
  const ended = new Promise((resolve) => bridge.once("exit", resolve));
  bridge.kill("SIGTERM");
  await ended;
});

const sayPid = "console.log(process.pid);";
const echo = "process.stdin.pipe(process.stdout);";

describe("the stdio bridge", () => {
  it("gives each connection a program of its own", async () => {
    await serve(`${sayPid} process.stdin.resume();`);
    const sockets = Array.from({ length: 8 }, open);
    const pids = await Promise.all(sockets.map(firstLine));
    expect(new Set(pids).size).toBe(8);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => pids.some((pid) => isAlive(Number(pid))), { timeout: 8000 }).toBe(false);
  });

  it("hands over the end of the client's data, and all of the answer after it", async () => {
    await serve(`let n = 0; process.stdin.on("data", (d) => n += d.length).on("end", () => console.log("got " + n));`);
    const socket = open();
    const answer = textOf(socket);
    socket.end("x".repeat(300_000));
    expect(await answer).toBe("got 300000\n");
  });

  it("carries many bytes both ways unchanged while the client reads slowly", async () => {
    await serve(echo);
    const socket = open();
    const size = 20 * 2 ** 20;
    let received = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        received += chunk.length;
        socket.pause();
        setImmediate(() => socket.resume());
      });
      socket.once("end", resolve);
    });
    socket.end(Buffer.alloc(size, "ab"));
    await done;
    expect(received).toBe(size);
  });

  it("closes the connection when the program ends", async () => {
    await serve("console.log('bye');");
    const socket = open();
    expect(await textOf(socket)).toBe("bye\n");
    socket.destroy();
  });

  it("ends a program that ignores the loss of its client, with all that it started", async () => {
    await serve(`process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
      const child = require("node:child_process").spawn("/bin/sleep", ["300"], { stdio: "ignore" }); console.log(child.pid + " " + process.pid);`);
    const socket = open();
    const pids = (await firstLine(socket)).split(" ").map(Number);
    socket.resetAndDestroy();
    await expect.poll(() => pids.some(isAlive), { timeout: 8000 }).toBe(false);
  });

  it("says in its own error output that the program cannot be started, and serves on", async () => {
    port = await freePort();
    bridge = spawn(process.execPath, [main, "-ll", "-p", String(port), "-e", "/no/such/program"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    bridge.stderr?.on("data", (chunk) => {
      log += chunk;
    });
    await expect
      .poll(
        () =>
          tryConnect().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    const socket = open();
    expect(await textOf(socket)).toBe("");
    socket.destroy();
    await expect.poll(() => log).toContain('nc: cannot start "/no/such/program"');
    expect(bridge.exitCode).toBeNull();
  });

  it("takes its programs along when it is asked to end", async () => {
    await serve(`${sayPid} process.stdin.resume(); process.on("SIGTERM", () => {});`);
    const socket = open();
    socket.on("error", () => undefined);
    const pid = Number(await firstLine(socket));
    bridge.kill("SIGTERM");
    await expect.poll(() => isAlive(pid), { timeout: 8000 }).toBe(false);
  });
});
