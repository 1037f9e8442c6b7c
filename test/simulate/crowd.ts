import type { Traits } from "./holder.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Seconds of video per second: about one core with single-threaded ffmpeg.wasm and three renditions up to 480p. */
const USUAL_SPEED = 0.75;
/**
 * Standard deviation of the logarithm of speed. One holder in forty is five times as fast as usual, and one five
 * times as slow.
 */
const HEAVY_TAIL_SIGMA = 0.8;
/** All contributors open the link within this time. */
const ARRIVAL_MS = 500;

/** Properties of a swarm. */
export interface Crowd {
  contributors: number;
  /** A third of the contributors leave, half of them silently, at a time before the expected end. */
  churn: boolean;
  heavyTail: boolean;
  /** Share of the contributors, 0..1. */
  liars: number;
  /**
   * When liars lie: always; after a few right results; in one result of five; only in the fourth result; or after
   * nine tenths of the job.
   */
  lying: "always" | "after-some" | "now-and-then" | "once" | "late";
  /** All liars tell the same lies. */
  collude: boolean;
  /** Number of links. Contributors join by them in turn, and each link is a network of its own. */
  links: number;
  /** Number of the owner's encoders. 0: the owner only cuts and uploads chunks, and makes no audits. */
  ownerSlots: number;
  seed: number;
}

/** Makes the holders of a swarm. @param workSeconds seconds of video, to estimate the end */
export function gather(crowd: Crowd, workSeconds: number): Traits[] {
  const draws = new VirtualClock(crowd.seed + 1);
  const holders: Traits[] = [];
  if (crowd.ownerSlots > 0) {
    const owner = holder("owner", "owner", USUAL_SPEED, 0);
    holders.push({ ...owner, link: "owner", slots: crowd.ownerSlots });
  }
  for (let index = 1; index <= crowd.contributors; index += 1) {
    const speed = crowd.heavyTail
      ? USUAL_SPEED * Math.exp(HEAVY_TAIL_SIGMA * normal(draws))
      : USUAL_SPEED;
    const comesAtMs = Math.round(draws.random() * ARRIVAL_MS);
    const by = index % crowd.links;
    holders.push({
      ...holder(`c${index}`, "contributor", speed, comesAtMs),
      link: `link-${by}`,
      network: `network-${by}`,
    });
  }
  const contributors = holders.filter(({ role }) => role === "contributor");
  for (const liar of shuffled(contributors, draws).slice(0, crowd.contributors * crowd.liars)) {
    liar.lies = lying(crowd.lying, draws);
    liar.lie = crowd.collude ? "a lie " : `${liar.id} `;
  }
  if (!crowd.churn) return holders;
  const speed = holders.reduce((sum, each) => sum + each.speed * each.slots, 0);
  const likelyEndMs = (workSeconds / speed) * 1000;
  for (const [index, leaver] of shuffled(contributors, draws).entries()) {
    if (index >= crowd.contributors / 3) break;
    leaver.leavesAtMs = leaver.comesAtMs + Math.round(draws.random() * likelyEndMs);
    leaver.leaves = index % 2 === 0 ? "closing" : "silently";
  }
  return holders;
}

function holder(id: string, role: Traits["role"], speed: number, comesAtMs: number): Traits {
  const stays = { leavesAtMs: null, leaves: "closing", lies: () => false, lie: "" } as const;
  return { id, role, speed, slots: 1, link: "", network: "", comesAtMs, ...stays };
}

function lying(how: Crowd["lying"], draws: VirtualClock): Traits["lies"] {
  if (how === "once") return (result) => result === 4;
  if (how === "late") return (_result, done) => done >= 0.9;
  const honest = how === "after-some" ? 1 + Math.floor(draws.random() * 8) : 0;
  if (how !== "now-and-then") return (result) => result > honest;
  const offset = Math.floor(draws.random() * 5);
  return (result) => result === Number.MAX_SAFE_INTEGER || result % 5 === offset;
}

/** A normally distributed random number (Box–Muller transform). */
function normal(draws: VirtualClock): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draws.random()));
  return radius * Math.cos(2 * Math.PI * draws.random());
}

function shuffled<T>(items: readonly T[], draws: VirtualClock): T[] {
  return items
    .map((item) => ({ item, at: draws.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
