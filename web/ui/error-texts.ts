import type { ErrorCode } from "../../shared/job/errors.ts";
import { t } from "../words/words.ts";

/** Texts for people about an error code. */
export interface ErrorText {
  /** The problem, in a few words. */
  title: string;
  /** The event, in one or two sentences. */
  what: string;
  /** The next step for the person. */
  advice: string;
  /** Whether trying again may work: then a button offers it. */
  again: boolean;
  /** Whether a newer version of the page is needed: then a button reloads it. */
  reload: boolean;
}

/** The texts of a code. The type of the keys makes a missing text a compile error. */
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
  "POOL_ELSEWHERE",
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
