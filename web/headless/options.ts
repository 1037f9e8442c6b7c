import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { TributaryError } from "../../shared/job/errors.ts";

/**
 * Parses a command line into options and positional arguments.
 * @throws TributaryError REQUEST_INVALID
 */
export function parseOptions<Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause));
  }
}

/**
 * An option's value as a whole number from `least` to `most`.
 * @returns null where the option was not given
 * @throws TributaryError REQUEST_INVALID
 */
export function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name} is a whole number from ${least} to ${most}.`);
}

export function invalid(message: string): TributaryError {
  return new TributaryError("REQUEST_INVALID", message);
}
