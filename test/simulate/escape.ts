import { Draft } from "../../edge/coordinator/schedule/state/draft.ts";
import type { Lease } from "../../edge/coordinator/schedule/state/records.ts";
import type { State } from "../../edge/coordinator/schedule/state/state.ts";
import { chanceOf, waitingOf } from "../../edge/coordinator/schedule/verify/trust.ts";
import { honestHash } from "../schedule/offered.ts";

/**
 * The formula for `adaptive`: if lies are audited with chances p1..pm, all of them are published with probability
 * (1-p1)...(1-pm). Only lies before the first proven one count, because everything after it is undone. The formula
 * leaves out the last audits, so the measured share should not be higher.
 */
export class Escape {
  #chance = 1;

  /** Chance that all lies told so far are published. */
  get chance(): number {
    return this.#chance;
  }

  /** @param lease whose result is about to be accepted */
  take(state: State, lease: Lease, nowMs: number): void {
    const holder = state.holders.get(lease.holderId);
    const isLie = lease.outputs?.some(({ kind, rendition, segment, sha256 }) => {
      return kind === "media" && sha256 !== honestHash(rendition, segment);
    });
    if (!isLie || holder === undefined || state.tasks.get(lease.taskId)?.done !== null) return;
    const draft = new Draft(state, nowMs, Math.random);
    const { verify } = state.job.settings;
    if (verify === "off" || draft.link(holder.principal).lies > 0) return;
    this.#chance *= verify === "all" ? 0 : 1 - chanceOf(draft, holder, waitingOf(draft));
  }
}
