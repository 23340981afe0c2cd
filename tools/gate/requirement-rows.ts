/** A line of docs/requirements.md. */
export interface RequirementRow {
  ids: string[];
  statement: string;
  /** Files that implement it. */
  files: string[];
  tests: { file: string; name: string }[];
  /** Why it is not done; absent for what is. */
  open?: string;
}

const idPattern = /^(S[1-5])-(\d{3})(?:…\1-(\d{3}))?$/;

/**
 * Reads the rows of docs/requirements.md: `| IDS | statement | files | file — test name; … |`, or
 * `| IDS | open | reason |`. IDS are `S1-001`, `S1-001…S1-009`, or several with commas between them.
 *
 * @throws Error that names a line which is neither.
 */
export function requirementRows(text: string): RequirementRow[] {
  return text
    .split("\n")
    .filter((line) => /^\| S\d/.test(line))
    .map(rowOf);
}

/** The ids that `S1-001, S1-004…S1-006` stands for. */
export function idsIn(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const match = idPattern.exec(part.trim());
    if (!match) throw new Error(`"${part.trim()}" is no id: write S1-001 or S1-001…S1-009`);
    const [, document = "", first = "", last = first] = match;
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, at) => `${document}-${String(Number(first) + at).padStart(3, "0")}`);
  });
}

function rowOf(line: string): RequirementRow {
  const cells = line
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
  const [ids = "", statement = "", files = "", tests] = cells;
  if (statement === "open" && files !== "" && tests === undefined) {
    return { ids: idsIn(ids), statement, files: [], tests: [], open: files };
  }
  if (cells.length !== 4 || !statement || !files || !tests) throw new Error(`Cannot read the line "${line}"`);
  return {
    ids: idsIn(ids),
    statement,
    files: files.split(",").map((file) => file.replaceAll("`", "").trim()),
    // A name may hold a semicolon.
    tests: tests.split(/; (?=`)/).map(testOf),
  };
}

function testOf(text: string): { file: string; name: string } {
  const at = text.indexOf(" — ");
  if (at < 0) throw new Error(`"${text}" names no test: write FILE — NAME`);
  return { file: text.slice(0, at).replaceAll("`", "").trim(), name: text.slice(at + 3).trim() };
}
