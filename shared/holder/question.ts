import { type Clock, Timer } from "../clock.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";

/** An unanswered message is sent again after this. The coordinator handles repeats without harm. */
const SEND_AGAIN_MS = 20_000;

export interface QuestionOptions {
  clock: Clock;
  /** Messages sent without a connection may be lost: the question is sent again. */
  send(message: HolderMessage, isFirst: boolean): void;
}

interface Open<Answer> {
  message: HolderMessage;
  /** @returns false when it does not answer this message */
  answer(answer: Answer): boolean;
}

/** A message to the coordinator that is sent until it is answered. One at a time. */
export class Question<Answer> {
  readonly #options: QuestionOptions;
  #open: Open<Answer> | null = null;

  constructor(options: QuestionOptions) {
    this.#options = options;
  }

  /** Sends the message until it is answered. Rejects with the signal's reason. */
  ask<T extends Answer>(
    message: HolderMessage,
    isAnswer: (answer: Answer) => answer is T,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, send } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = new Timer(clock);
      const settle = (): void => {
        timer.clear();
        this.#open = null;
        signal.removeEventListener("abort", aborted);
      };
      const aborted = (): void => {
        settle();
        reject(signal.reason);
      };
      const sendAgainLater = (): void => {
        timer.set(SEND_AGAIN_MS, () => {
          send(message, false);
          sendAgainLater();
        });
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener("abort", aborted);
      this.#open = {
        message,
        answer: (answer) => {
          if (!isAnswer(answer)) return false;
          settle();
          resolve(answer);
          return true;
        },
      };
      send(message, true);
      sendAgainLater();
    });
  }

  /** @returns false when no open message has this answer */
  answer(answer: Answer): boolean {
    return this.#open?.answer(answer) ?? false;
  }

  /** Sends the open message again after a reconnect, because it may have been lost. */
  sendAgain(): void {
    if (this.#open !== null) this.#options.send(this.#open.message, false);
  }
}
