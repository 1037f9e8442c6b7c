/** How much of a pool each job gets, in pixels a second. Pure; `assign.ts` chooses machines for it. */

/** The help that a job could use now. */
export interface Need {
  jobId: string;
  /** The link for owners, and the owner that came by it. */
  linkId: string;
  ownerId: string;
  askedAtMs: number;
  /** Most pixels a second that it could use of the pool. */
  demand: number;
  /** Pixels that are still to be made. */
  remaining: number;
  /** Pixels of all that the owner has asked for lately, done or not. */
  lately: number;
}

/** Part of the pool that short jobs may have before all others, together. */
const SHORT_QUOTA = 0.8;
/** A job is short where all that its owner asked for lately is this part of what an owner waits for on average. */
const SHORT_PART = 0.2;

/**
 * Pixels a second for each job. Short jobs come first, the shortest before the others, up to a quota: one
 * video cut into short ones is not short. The rest is shared by links, and a link's part by its owners, so that more names get no
 * more; an owner's jobs come one after the other, what is left of the shortest first. What somebody
 * cannot use goes to the others.
 * @param speed pixels a second of the whole pool
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
  /** Has it already. */
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

/** Weighted max-min fairness: one level for all, below which nobody stays that could use more. */
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
  // Above all demands there is enough for everybody.
  const parts = total(high) <= speed ? at(high) : at(low);
  return new Map(claims.map(({ id }, index) => [id, parts[index] ?? 0]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
