import { expect, test } from "vitest";
import { type MarkdownTable, withRows } from "../setup/markdown-table.ts";

const TABLE: MarkdownTable = {
  path: "README.md",
  name: "seen",
  columns: ["browser", "clip", "seen"],
  keyOf: ([browser = "", clip]) => `${browser.split("/")[0]} ${clip}`,
};
const EMPTY = "before\n<!-- seen -->\n<!-- /seen -->\nafter\n";

test("rows take the place of those with their key, all else stays", () => {
  const first = withRows(EMPTY, TABLE, [
    ["firefox/1", "a.mp4", "yes"],
    ["webkit/1", "a.mp4", "no"],
  ]);
  const second = withRows(first, TABLE, [
    ["firefox/2", "a.mp4", "no"],
    ["firefox/2", "b.mp4", "yes"],
  ]);
  expect(second).toBe(
    "before\n<!-- seen -->\n\n| browser | clip | seen |\n| --- | --- | --- |\n" +
      "| firefox/2 | a.mp4 | no |\n| webkit/1 | a.mp4 | no |\n| firefox/2 | b.mp4 | yes |\n\n" +
      "<!-- /seen -->\nafter\n",
  );
});

test("rows under other columns are dropped", () => {
  const old = withRows(EMPTY, { ...TABLE, columns: ["browser"] }, [["firefox/1"]]);
  expect(withRows(old, TABLE, [])).not.toContain("firefox/1");
});

test("a file without the table is an error", () => {
  expect(() => withRows("nothing", TABLE, [])).toThrow(/no table seen/);
});
