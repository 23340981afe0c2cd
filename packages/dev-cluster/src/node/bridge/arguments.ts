/** What `nc -ll -p PORT -e PROGRAM ARG…` asks for. */
export interface BridgeArguments {
  port: number;
  command: readonly [string, ...string[]];
}

/** Parses the arguments of busybox's `nc` that serve a program; returns a sentence when they are others. */
export function parseBridgeArguments(words: readonly string[]): BridgeArguments | string {
  let port: number | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === "-ll" || word === "-lk" || word === "-l" || word === "-k") continue;
    if (word === "-p") port = Number(words[++index]);
    else if (word === "-e") return withCommand(port, words.slice(index + 1));
    else
      return `nc: unknown argument "${word}": this is the dev cluster's stdio bridge; use nc -ll -p PORT -e PROGRAM ARGUMENT…`;
  }
  return "nc: no program to serve: use nc -ll -p PORT -e PROGRAM ARGUMENT…";
}

function withCommand(port: number | undefined, [program, ...args]: readonly string[]): BridgeArguments | string {
  if (program === undefined) return "nc: -e needs a program";
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return `nc: -p needs a port between 1 and 65535, before -e; it is ${port === undefined ? "missing" : `"${port}"`}`;
  }
  return { port, command: [program, ...args] };
}
