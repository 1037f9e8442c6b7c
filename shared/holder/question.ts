import type { Clock } from "../clock.ts";
import { TributaryError } from "../job/errors.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { Lease } from "./live-lease.ts";

/** An unanswered offer or commit is sent again after this; both are idempotent at the coordinator. */
const RESEND_AFTER_MS = 20_000;

export interface QuestionOptions {
  clock: Clock;
  send(message: HolderMessage, isFirst: boolean): void;
}

/**
 * Sends until answered: again after a silence, and by the loop after each reconnect. The answer comes
 * through `lease.asking`. Throws LEASE_LOST once the lease is aborted.
 */
export function ask(
  lease: Lease,
  message: HolderMessage,
  { clock, send }: QuestionOptions,
): Promise<CoordinatorMessage> {
  const { signal } = lease.abort;
  return new Promise((resolve, reject) => {
    let cancelResend = (): void => {};
    const settle = (): void => {
      cancelResend();
      lease.asking = null;
      signal.removeEventListener("abort", aborted);
    };
    const aborted = (): void => {
      settle();
      reject(new TributaryError("LEASE_LOST", "The lease went to another holder."));
    };
    const resendLater = (): void => {
      cancelResend = clock.after(RESEND_AFTER_MS, () => {
        send(message, false);
        resendLater();
      });
    };
    if (signal.aborted) {
      aborted();
      return;
    }
    signal.addEventListener("abort", aborted);
    lease.asking = {
      message,
      answer: (answer) => {
        settle();
        resolve(answer);
      },
    };
    send(message, true);
    resendLater();
  });
}
