// npm run browsers: tests every browser, clip, engine and player, and writes the tables of web/README.md.

import { runCommand } from "../../edge/local/command.ts";
import { parseOptions } from "../../web/headless/options.ts";
import { MATRIX_OPTIONS, variableOf } from "../browsers/matrix-options.ts";

const USAGE = `npm run browsers -- [options]

Without options: both tables. Options choose rows by words of their names, separated by commas; all other rows
stay as they are.

  --browser WORD   of the table of browsers: chromium, firefox or webkit
  --clip WORD      e.g. bbb
  --choice WORD    Fastest or Best
  --player WORD    of the table of players: e.g. mpv
  --output WORD    e.g. mixture
  --help           this text`;

const NAMES = MATRIX_OPTIONS.map((name) => [name, { type: "string" }] as const);

await runCommand({
  usage: USAGE,
  parse: (argv) => {
    const options = { ...Object.fromEntries(NAMES), help: { type: "boolean" as const } };
    const { values } = parseOptions(argv, options);
    return values.help === true ? "help" : new Map(Object.entries(values));
  },
  run: async (values) => {
    for (const option of MATRIX_OPTIONS) {
      const value = values.get(option);
      if (typeof value === "string") process.env[variableOf(option)] = value;
    }
    const isOf = (options: readonly string[]) => options.some((option) => values.has(option));
    const files = [
      ...(isOf(["player", "output"]) ? [] : ["test/browsers/matrix"]),
      ...(isOf(["browser", "clip", "choice"]) ? [] : ["test/browsers/players"]),
    ];
    process.env["TRIBUTARY_CLIPS"] = "all";
    process.argv.splice(2, process.argv.length, "--project", "browsers", ...files);
    await import("./run-tests.ts");
    return Number(process.exitCode ?? 0);
  },
});
