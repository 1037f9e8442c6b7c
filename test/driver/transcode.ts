// npm run transcode: the whole job, headless, through the real page and the real edge.

import { TributaryError, toWireError } from "../../shared/errors.ts";
import { installSystemPrograms } from "../setup/system-programs.ts";
import { parseArguments, type TranscodeArguments, USAGE } from "./arguments.ts";
import { describeReport } from "./report.ts";
import { transcodeJob } from "./transcode-job.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  let given: TranscodeArguments | "help";
  try {
    given = parseArguments(argv);
  } catch (thrown) {
    const error = toWireError(thrown);
    console.error(`${error.message}\n\n${USAGE}`);
    if (argv.includes("--json")) print({ ok: false, error });
    return 2;
  }
  if (given === "help") {
    console.log(USAGE);
    return 0;
  }

  installSystemPrograms();
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => interrupted.abort(new TributaryError("CANCELLED", "Interrupted.")));
  }
  const say = (line: string) => console.error(line);
  const report = await transcodeJob(given, interrupted.signal, say);
  if (given.json) print(report);
  else if (report.ok) console.log(describeReport(report));
  if (!report.ok) console.error(describeReport(report));
  if (interrupted.signal.aborted) return 130;
  return report.ok ? 0 : 1;
}

/** One line, so that it can be told from what npm itself prints. */
function print(report: unknown): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
