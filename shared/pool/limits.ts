import type { RestReason } from "../wire/pool.ts";

/** The limits that a member of a pool sets for its machine, and whether they let it take work now. */

export interface MemberLimits {
  /** Encoders at a time. */
  slots: number;
  /** Local hours in which it helps, from the first to before the second; null: always. Over midnight: 22 to 6. */
  hours: { from: number; to: number } | null;
  /** Bytes downloaded and uploaded a local day; null: no limit. */
  bytesADay: number | null;
  /** Not on battery, where the browser tells. */
  mainsOnly: boolean;
  /** Not while somebody uses the machine, where the browser tells. */
  idleOnly: boolean;
}

export interface Surroundings {
  /** Local time. */
  hour: number;
  /** Downloaded and uploaded this local day. */
  bytesToday: number;
  /** Null: the browser does not tell. */
  onBattery: boolean | null;
  /** Somebody uses the machine; null: the browser does not tell. */
  inUse: boolean | null;
  /** The person's switch. */
  isPaused: boolean;
}

/** Why no new task is to be begun now; null where one may. What is begun is finished: one task more. */
export function restsFor(limits: MemberLimits, now: Surroundings): RestReason | null {
  if (now.isPaused) return "paused";
  if (limits.slots < 1) return "device";
  if (limits.hours !== null && !isWithin(limits.hours, now.hour)) return "hours";
  if (limits.bytesADay !== null && now.bytesToday >= limits.bytesADay) return "data";
  if (limits.mainsOnly && now.onBattery === true) return "battery";
  return limits.idleOnly && now.inUse === true ? "active" : null;
}

function isWithin({ from, to }: { from: number; to: number }, hour: number): boolean {
  if (from === to) return true;
  return from < to ? from <= hour && hour < to : hour >= from || hour < to;
}

/** Bytes of one local day: those of yesterday are forgotten when the day turns. */
export interface DayCount {
  /** "2026-11-27", local. */
  day: string;
  bytes: number;
}

export function countBytes(count: DayCount, day: string, bytes: number): DayCount {
  return count.day === day ? { day, bytes: count.bytes + bytes } : { day, bytes };
}
