import { VirtualClock } from "../virtual-clock.ts";
import { HOUR_MS, type SimulatedJob, type SimulatedMember } from "./pool-world.ts";

/** Members and jobs of the simulated days. */

const MINUTE_MS = 60_000;
/** Seconds of video per second: 1080p, 720p and 480p by single-threaded ffmpeg.wasm on one core of a school laptop. */
const LAPTOP_SPEED = 0.12;
const SIGMA = 0.6;
/** A chunk of 6 s of 1080p at 8 Mbit/s. */
const CHUNK_MEGABITS = 48;

/** Laptops of a school that are always there, at speeds from a lognormal distribution. */
export function laptops(
  count: number,
  { seed, proven = 0, slots = 2 }: { seed: number; proven?: number; slots?: number },
): SimulatedMember[] {
  const draws = new VirtualClock(seed);
  return Array.from({ length: count }, (_, index) => ({
    id: `laptop-${index}`,
    speed: LAPTOP_SPEED * Math.exp(SIGMA * normal(draws)),
    slots,
    network: "school",
    stays: [{ fromMs: 0, toMs: 1_000 * HOUR_MS, leaves: "closing" as const }],
    lies: () => false,
    proven,
  }));
}

/**
 * Gives members their stays: lessons of 45 minutes from 8:00 to 16:00. Most laptops are used in most lessons, and
 * many are left by closing the lid.
 */
export function atSchool(members: SimulatedMember[], seed: number): SimulatedMember[] {
  const draws = new VirtualClock(seed);
  return members.map((member) => ({
    ...member,
    stays: Array.from({ length: 8 }, (_, lesson) => 8 * HOUR_MS + lesson * HOUR_MS).flatMap(
      (beginsMs) => {
        const isThere = draws.random() < 0.8;
        const fromMs = beginsMs + draws.random() * 5 * MINUTE_MS;
        const toMs = beginsMs + (35 + draws.random() * 20) * MINUTE_MS;
        const leaves = draws.random() < 0.5 ? ("closing" as const) : ("silently" as const);
        return isThere ? [{ fromMs, toMs, leaves }] : [];
      },
    ),
  }));
}

/** A job of an owner with one laptop and an uplink of 100 Mbit/s. */
export function job(id: string, owner: string, minutes: number, arrivesAtMs: number): SimulatedJob {
  return {
    id,
    owner,
    minutes,
    arrivesAtMs,
    stageMs: stageMs(100),
    ownerSpeed: LAPTOP_SPEED,
    ownerSlots: 2,
  };
}

/** @param megabits of the owner's uplink */
export function stageMs(megabits: number): number {
  return (CHUNK_MEGABITS / megabits) * 1000;
}

/** Twenty videos of 5 to 90 minutes over the day. One owner starts ten of them at once. */
export function schoolJobs(seed: number): SimulatedJob[] {
  const draws = new VirtualClock(seed);
  const others = Array.from({ length: 10 }, (_, index) => {
    const minutes = Math.round(5 * 18 ** draws.random());
    const atMs = 8.2 * HOUR_MS + draws.random() * 5 * HOUR_MS;
    const uplink = [20, 50, 100, 100][Math.floor(draws.random() * 4)] ?? 100;
    return { ...job(`single-${index}`, `owner-${index}`, minutes, atMs), stageMs: stageMs(uplink) };
  });
  const ten = Array.from({ length: 10 }, (_, index) => {
    return job(`ten-${index}`, "owner-of-ten", Math.round(5 + draws.random() * 25), 10 * HOUR_MS);
  });
  return [...others, ...ten];
}

/** A normally distributed random number (Box–Muller transform). */
function normal(draws: VirtualClock): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draws.random()));
  return radius * Math.cos(2 * Math.PI * draws.random());
}
