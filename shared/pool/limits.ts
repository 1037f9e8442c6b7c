import type { RestReason } from "../wire/pool.ts";

/** The limits that a member of a pool sets for its machine, and whether they let it take work now. */

export interface MemberLimits {
  /** Encoders at a time. */
  slots: number;
  /**
   * The local hours in which the machine helps, from `from` to before `to`; null: always. They may span midnight: 22 to
   * 6.
   */
  hours: { from: number; to: number } | null;
  /** Bytes downloaded and uploaded per local day; null: no limit. */
  bytesADay: number | null;
  /** No work while the machine runs on battery, where the browser tells. */
  mainsOnly: boolean;
  /** No work while somebody uses the machine, where the browser tells. */
  idleOnly: boolean;
}

/** The present state of a member's machine. */
export interface Surroundings {
  /** Hour of the local time, 0 to 23. */
  hour: number;
  /** Bytes downloaded and uploaded in this local day. */
  bytesToday: number;
  /** Those of one task on average; 0: not known yet. */
  taskBytes: number;
  /** Null: the browser does not tell. */
  onBattery: boolean | null;
  /** Somebody uses the machine; null: the browser does not tell. */
  inUse: boolean | null;
  /** The person has paused the work. */
  isPaused: boolean;
}

/** Why no new task may be started now; null where one may be. Tasks that are under way are finished. */
export function restsFor(limits: MemberLimits, now: Surroundings): RestReason | null {
  if (now.isPaused) return "paused";
  if (limits.slots < 1) return "device";
  if (limits.hours !== null && !isWithin(limits.hours, now.hour)) return "hours";
  if (limits.bytesADay !== null && now.bytesToday >= limits.bytesADay) return "data";
  if (limits.mainsOnly && now.onBattery === true) return "battery";
  return limits.idleOnly && now.inUse === true ? "active" : null;
}

/** Encoders that may work now: near the day's limit no more than there are tasks left, and one that goes beyond. */
export function slotsFor({ slots, bytesADay }: MemberLimits, now: Surroundings): number {
  if (bytesADay === null || now.taskBytes <= 0) return slots;
  const left = Math.floor((bytesADay - now.bytesToday) / now.taskBytes);
  return Math.min(slots, 1 + Math.max(0, left));
}

function isWithin({ from, to }: { from: number; to: number }, hour: number): boolean {
  if (from === to) return true;
  return from < to ? from <= hour && hour < to : hour >= from || hour < to;
}

/** Bytes of one local day. The count starts again at 0 with each day. */
export interface DayCount {
  /** "2026-11-27", local. */
  day: string;
  bytes: number;
}

/** Adds bytes to the count, which starts again at 0 on a new day. */
export function countBytes(count: DayCount, day: string, bytes: number): DayCount {
  return count.day === day ? { day, bytes: count.bytes + bytes } : { day, bytes };
}
