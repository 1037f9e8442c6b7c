import type { ErrorCode } from "../../shared/job/errors.ts";
import { t } from "../words/words.ts";

/** Texts that people read in place of a code. */
export interface ErrorText {
  /** The problem, in a few words. */
  title: string;
  /** The event, in one or two sentences. */
  what: string;
  /** The next step for the person. */
  advice: string;
  /** Does doing the same once more have a chance? Then a button offers it. */
  again: boolean;
  /** A newer version of the page is needed: a button reloads it. */
  reload: boolean;
}

/** One text a code: the type of the keys makes a missing one a compile error. */
export function errorText(code: ErrorCode): ErrorText {
  return {
    title: t(`errors.${code}.title`),
    what: t(`errors.${code}.what`),
    advice: t(`errors.${code}.advice`),
    again: AGAIN.has(code),
    reload: RELOAD.has(code),
  };
}

const AGAIN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PLAN_INVALID",
  "CHUNK_UNREADABLE",
  "DECODE_FAILED",
  "ENCODE_FAILED",
  "FRAME_COUNT_WRONG",
  "SCRIPT_NOT_LOADED",
  "WORKER_CRASHED",
  "WORKER_STALLED",
  "OUT_OF_MEMORY",
  "UPLOAD_FAILED",
  "UPLOAD_REFUSED",
  "DOWNLOAD_FAILED",
  "OUTPUT_MISSING",
  "OUTPUT_HASH_MISMATCH",
  "OUTPUT_INVALID",
  "INIT_MISMATCH",
  "LEASE_LOST",
  "OFFER_INVALID",
  "OFFERS_EXHAUSTED",
  "TASK_FAILED",
  "LINK_FULL",
  "PROTOCOL_UNKNOWN",
  "PASSPHRASE_WRONG",
  "RATE_LIMITED",
  "NETWORK",
  "TIMEOUT",
  "CANCELLED",
  "INTERNAL",
]);

const RELOAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "SCRIPT_NOT_LOADED",
  "PROTOCOL_OUTDATED",
]);
