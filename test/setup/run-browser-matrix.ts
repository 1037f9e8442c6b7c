// npm run browsers: every browser, clip and engine, and every player; writes the tables of web/README.md.
// Options choose rows by words of their names, separated by commas; all other rows stay as they are:
//
//     npm run browsers -- [--browser WORD] [--clip WORD] [--choice Fastest|Best]
//     npm run browsers -- --player WORD [--output WORD]      the players alone

import { parseOptions } from "../../web/headless/options.ts";
import { MATRIX_OPTIONS, variableOf } from "../browsers/matrix-options.ts";

const names = MATRIX_OPTIONS.map((name) => [name, { type: "string" }] as const);
const { values } = parseOptions(process.argv.slice(2), Object.fromEntries(names));
for (const option of MATRIX_OPTIONS) {
  const value = values[option];
  if (value !== undefined) process.env[variableOf(option)] = value;
}
const isOf = (options: readonly string[]) => options.some((option) => values[option] !== undefined);
const files = [
  ...(isOf(["player", "output"]) ? [] : ["test/browsers/matrix"]),
  ...(isOf(["browser", "clip", "choice"]) ? [] : ["test/browsers/players"]),
];
process.env["TRIBUTARY_CLIPS"] = "all";
process.argv.splice(2, process.argv.length, "--project", "browsers", ...files);
await import("./run-tests.ts");
