import type { Draft } from "../state/draft.ts";
import { isHeard, slotsOf } from "../state/records.ts";
import { chanceOf, waitingOf } from "../verify/trust.ts";
import { isTrusted } from "../verify/verifying.ts";
import type { Forecast } from "./forecast.ts";

/**
 * Upper bound for a member's chance of an audit in this forecast. The results of a new member are all audited, but only
 * the first few.
 */
const MAX_CHANCE = 1 / 8;

/**
 * Whether trusted holders should take no more ordinary tasks, because audits will need their time. Only they can audit.
 * So with many contributors, an audit that has to wait for them delays the end by the duration of a whole task.
 * @param open number of tasks without a lease; of audits without a lease and leases that are sure to be audited; and
 * the forecast end in milliseconds from now
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
  // A reserved trusted slot costs the swarm one slot. A late audit costs all slots the time of a task.
  if (Math.min(1, drawn) * slots <= slotsOf(here.filter(isTrusted))) return false;
  const expected = audits + drawn;
  return forecast.madeBy(endsInMs, isTrusted) < 1 + expected + 2 * Math.sqrt(expected);
}
