import { TributaryError, toWireError, type WireError } from "../../shared/job/errors.ts";

export interface Command<T> {
  usage: string;
  /**
   * Parses the arguments; "help" where that is asked for.
   * @throws TributaryError REQUEST_INVALID, LADDER_INVALID
   */
  parse(argv: readonly string[]): T | "help";
  /** Called for wrong arguments, after the error and the usage were printed. */
  refused?(error: WireError): void;
  /**
   * @param interrupted aborts with CANCELLED at Ctrl+C or SIGTERM; the command then has to end
   * @returns the exit status
   */
  run(given: T, interrupted: AbortSignal): Promise<number>;
}

/** Runs the command of an npm script, and sets the exit status; it is 2 for wrong arguments. */
export async function runCommand<T>({ usage, parse, refused, run }: Command<T>): Promise<void> {
  let given: T | "help";
  try {
    given = parse(process.argv.slice(2));
  } catch (thrown) {
    const error = toWireError(thrown);
    console.error(`${error.message}\n\n${usage}`);
    refused?.(error);
    process.exitCode = 2;
    return;
  }
  if (given === "help") {
    console.log(usage);
    return;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => interrupted.abort(new TributaryError("CANCELLED", "Interrupted.")));
  }
  process.exitCode = await run(given, interrupted.signal);
}
