// npm run transcode: the whole job, headless, through the real page and the real edge.

import { runCommand } from "../../edge/local/command.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { describeBatch, describeReport } from "./report.ts";
import { installSystemPrograms } from "./system-programs.ts";
import { transcodeBatch, transcodeJob } from "./transcode-job.ts";

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  refused: (error) => {
    if (process.argv.includes("--json")) print({ ok: false, error });
  },
  run: async (given, interrupted) => {
    installSystemPrograms();
    const say = (line: string) => console.error(line);
    if ("files" in given) {
      const batch = await transcodeBatch(given, interrupted, say);
      if (given.json) print(batch);
      if (!given.json || !batch.ok) (batch.ok ? console.log : console.error)(describeBatch(batch));
      if (interrupted.aborted) return 130;
      return batch.ok ? 0 : 1;
    }
    const report = await transcodeJob(given, interrupted, say);
    if (given.json) print(report);
    else if (report.ok) console.log(describeReport(report));
    if (!report.ok) console.error(describeReport(report));
    if (interrupted.aborted) return 130;
    return report.ok ? 0 : 1;
  },
});

/** Prints the report as one line, which differs from npm's own output. */
function print(report: unknown): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
