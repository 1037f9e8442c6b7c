import { TributaryError } from "../../job/errors.ts";
import { TICKS_PER_SECOND } from "../../job/ticks.ts";

/** Shorter sources may well be a picture that stands still. */
const LONG_SECONDS = 6 * 3600;
/** A tenth of what the headers of an idle screen recording take. */
const FEWEST_BYTES_A_SECOND = 16;

/**
 * Refuses times that cannot be right, before days of nothing are planned.
 * @throws TributaryError SOURCE_CORRUPT
 */
export function refuseAbsurdLength(sizeBytes: number, durationTicks: number): void {
  const seconds = durationTicks / TICKS_PER_SECOND;
  if (seconds < LONG_SECONDS || sizeBytes >= seconds * FEWEST_BYTES_A_SECOND) return;
  const hours = Math.round(seconds / 3600);
  const megabytes = (sizeBytes / 1_000_000).toFixed(1);
  throw new TributaryError(
    "SOURCE_CORRUPT",
    `The times in the file cannot be right: it says that it lasts ${hours} hours, and has only ${megabytes} MB.`,
  );
}
