import { readFile, writeFile } from "node:fs/promises";

/** A table in a Markdown file, between the comments `<!-- NAME -->` and `<!-- /NAME -->`. */
export interface MarkdownTable {
  path: string;
  name: string;
  /** Titles of the columns. */
  columns: readonly string[];
  /** Key of a row: a new row replaces the old one with the same key. */
  keyOf: (cells: readonly string[]) => string;
}

/**
 * Writes rows to the table. Each one replaces the row with the same key, or is added at the end. If the table has
 * other columns, its old rows are dropped.
 *
 * @throws Error where the file has no such comments
 */
export async function putRows(
  table: MarkdownTable,
  rows: readonly (readonly string[])[],
): Promise<void> {
  const text = await readFile(table.path, "utf8");
  await writeFile(table.path, withRows(text, table, rows));
}

/** The pure half of `putRows`. */
export function withRows(
  text: string,
  { path, name, columns, keyOf }: MarkdownTable,
  rows: readonly (readonly string[])[],
): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (to < from || !text.includes(begin)) throw new Error(`${path} has no table ${name}.`);
  const [head, , ...old] = text.slice(from, to).trim().split("\n").map(cellsOf);
  const kept = new Map<string, readonly string[]>();
  if (head?.join() === columns.join()) for (const row of old) kept.set(keyOf(row), row);
  for (const row of rows) kept.set(keyOf(row), row);
  const lines = [columns, columns.map(() => "---"), ...kept.values()].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  return `${text.slice(0, from)}\n\n${lines.join("\n")}\n\n${text.slice(to)}`;
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
