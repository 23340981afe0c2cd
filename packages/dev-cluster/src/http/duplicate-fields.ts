/**
 * The paths of fields that a JSON text names more than once in one object, which `JSON.parse` forgets.
 * For text that is no JSON (YAML: its parser refuses duplicates itself) the answer is empty.
 *
 * One pass without recursion: the depth of hostile input costs no stack.
 */
export function findDuplicateFields(text: string): string[] {
  if (!text.trimStart().startsWith("{")) return [];
  const found: string[] = [];
  const stack: Level[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') at = readString(text, at, stack, found);
    else {
      if (character !== undefined) step(character, stack);
      at++;
    }
  }
  return found;
}

interface Level {
  /** Absent for an array. */
  keys?: Set<string>;
  /** Whether the next string of an object is a key. */
  atKey: boolean;
  key: string;
  index: number;
}

function step(character: string, stack: Level[]): void {
  const top = stack.at(-1);
  if (character === "{") stack.push({ keys: new Set(), atKey: true, key: "", index: 0 });
  else if (character === "[") stack.push({ atKey: false, key: "", index: 0 });
  else if (character === "}" || character === "]") stack.pop();
  else if (character === "," && top) {
    top.index++;
    top.atKey = top.keys !== undefined;
  }
}

/** Returns where the string ends. */
function readString(text: string, start: number, stack: Level[], found: string[]): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  const top = stack.at(-1);
  if (top?.keys && top.atKey) {
    const key = text.slice(start + 1, end);
    top.key = key;
    top.atKey = false;
    if (top.keys.has(key)) found.push(pathOf(stack));
    top.keys.add(key);
  }
  return end + 1;
}

function pathOf(stack: readonly Level[]): string {
  let path = "";
  for (const level of stack) {
    if (!level.keys) path += `[${level.index}]`;
    else path += path === "" ? level.key : `.${level.key}`;
  }
  return path;
}
