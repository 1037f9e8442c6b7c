/** How much of a pool each job gets, in pixels per second. Pure functions. `assign.ts` chooses the machines. */

/** The help that a job could use now. */
export interface Need {
  jobId: string;
  /** The link for owners by which the job asked, and its owner. */
  linkId: string;
  ownerId: string;
  askedAtMs: number;
  /** The most pixels per second of the pool that the job could use. */
  demand: number;
  /** Pixels that are still to be made. */
  remaining: number;
  /** Pixels of all jobs for which the owner has asked lately, done or not. */
  lately: number;
}

/** Part of the pool that all short jobs together may get before the others. */
const SHORT_QUOTA = 0.8;
/**
 * A job is short if everything that its owner asked for lately is at most this part of what an owner waits for on
 * average.
 */
const SHORT_PART = 0.2;

/**
 * Pixels per second for each job. Short jobs come first, the shortest before the others, up to a quota. (A video that
 * is cut into several short jobs does not count as short.) Links share the rest equally, and the owners of a link share
 * its part, so that more names get no more. An owner's jobs come one after the other, the one with the least remaining
 * work first. What an owner cannot use goes to the others.
 * @param speed pixels per second of the whole pool
 */
export function shares(needs: readonly Need[], speed: number): Map<string, number> {
  const given = new Map(needs.map(({ jobId }) => [jobId, 0]));
  if (speed <= 0) return given;
  const ordered = [...needs].sort(
    (a, b) => a.remaining - b.remaining || a.askedAtMs - b.askedAtMs || compare(a.jobId, b.jobId),
  );
  let quota = SHORT_QUOTA * speed;
  const waiting = needs.reduce((sum, { remaining }) => sum + remaining, 0);
  const most = (SHORT_PART * waiting) / new Set(needs.map(({ ownerId }) => ownerId)).size;
  const served = new Set<string>();
  for (const { jobId, ownerId, lately, demand } of ordered) {
    if (lately > most || served.has(ownerId) || quota <= 0) continue;
    served.add(ownerId);
    const part = Math.min(demand, quota);
    given.set(jobId, part);
    quota -= part;
  }
  const owners = fill(ownersOf(ordered, given), speed);
  for (const [ownerId, part] of owners) {
    const own = ordered.filter((need) => need.ownerId === ownerId);
    let left = part - own.reduce((sum, { jobId }) => sum + (given.get(jobId) ?? 0), 0);
    for (const { jobId, demand } of own) {
      const has = given.get(jobId) ?? 0;
      const more = Math.max(0, Math.min(left, demand - has));
      given.set(jobId, has + more);
      left -= more;
    }
  }
  return given;
}

interface Claim {
  id: string;
  weight: number;
  /** Pixels per second that the owner has already. */
  base: number;
  demand: number;
}

function ownersOf(needs: readonly Need[], given: ReadonlyMap<string, number>): Claim[] {
  const owners = new Map<string, Claim & { linkId: string }>();
  for (const { jobId, ownerId, linkId, demand } of needs) {
    if (demand <= 0) continue;
    const owner = owners.get(ownerId) ?? { id: ownerId, linkId, weight: 0, base: 0, demand: 0 };
    owner.demand += demand;
    owner.base += given.get(jobId) ?? 0;
    owners.set(ownerId, owner);
  }
  const perLink = new Map<string, number>();
  for (const { linkId } of owners.values()) perLink.set(linkId, (perLink.get(linkId) ?? 0) + 1);
  return [...owners.values()].map((owner) => {
    return { ...owner, weight: 1 / (perLink.get(owner.linkId) ?? 1) };
  });
}

/** Weighted max-min fairness: there is one level for all, and no claim stays below it that could use more. */
function fill(claims: readonly Claim[], speed: number): Map<string, number> {
  const at = (level: number) => {
    return claims.map(({ weight, base, demand }) => {
      return Math.min(demand, Math.max(base, level * weight));
    });
  };
  const total = (level: number) => at(level).reduce((sum, each) => sum + each, 0);
  let low = 0;
  let high = 1;
  while (total(high) < speed && claims.some((each, i) => (at(high)[i] ?? 0) < each.demand)) {
    high *= 2;
  }
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (total(middle) > speed) high = middle;
    else low = middle;
  }
  // The pool has enough for all demands.
  const parts = total(high) <= speed ? at(high) : at(low);
  return new Map(claims.map(({ id }, index) => [id, parts[index] ?? 0]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
