import type { Draft } from "../state/draft.ts";
import { isHeard, slotsOf } from "../state/records.ts";
import { chanceOf, waitingOf } from "../verify/trust.ts";
import { isTrusted } from "../verify/verifying.ts";
import type { Forecast } from "./forecast.ts";

/** New members' results are all audited, but only the first few of them. */
const MAX_CHANCE = 1 / 8;

/**
 * Whether trusted holders should take no more ordinary tasks, because audits will need their time. Only
 * they can audit, so with many contributors an audit that finds them at work delays the end by a whole task.
 * @param open tasks and audits that nobody has, and leases at work that are sure to be audited
 */
export function isTrustedTimeShort(
  draft: Draft,
  forecast: Forecast,
  { tasks, audits, endsInMs }: { tasks: number; audits: number; endsInMs: number },
): boolean {
  if (draft.job.settings.verify !== "adaptive" || !Number.isFinite(endsInMs)) return false;
  const here = draft.holders().filter((holder) => isHeard(holder) && !holder.banned);
  const contributors = here.filter((holder) => !isTrusted(holder) && holder.slots > 0);
  const slots = slotsOf(contributors);
  if (slots === 0) return false;
  const waiting = waitingOf(draft);
  const chance =
    contributors.reduce((sum, holder) => {
      return sum + holder.slots * Math.min(MAX_CHANCE, chanceOf(draft, holder, waiting));
    }, 0) / slots;
  const drawn = tasks * chance;
  // A trusted slot that stays free costs its part of the swarm; a late audit costs all of it a task's time.
  if (Math.min(1, drawn) * slots <= slotsOf(here.filter(isTrusted))) return false;
  const expected = audits + drawn;
  return forecast.madeBy(endsInMs, isTrusted) < 1 + expected + 2 * Math.sqrt(expected);
}
