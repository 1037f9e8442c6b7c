import { StringRecord } from "./string-record.ts";

/**
 * Owner's tokens of the videos that this browser began, by job id. With them it shows private videos, and can change
 * and delete videos. The tokens are stored only in this browser.
 */

const OWNED = new StringRecord("tributary.owned");
const MAX_KEPT = 500;

export function ownerTokenOf(jobId: string): string | null {
  return OWNED.read()[jobId] ?? null;
}

/** Ids of all stored videos, newest first. */
export function ownedIds(): string[] {
  return Object.keys(OWNED.read()).reverse();
}

/** Owner's tokens by job id, with which another browser can manage the same videos. */
export function allOwned(): Record<string, string> {
  return OWNED.read();
}

/**
 * Adds videos of another browser.
 * @returns how many were added; there may not be room for all
 */
export function addOwned(videos: Record<string, string>): number {
  const known = OWNED.read();
  const fresh = Object.entries(videos).filter(([id]) => !Object.hasOwn(known, id));
  const room = Math.max(0, MAX_KEPT - Object.keys(known).length);
  for (const [id, token] of fresh.slice(0, room)) OWNED.put(id, token, MAX_KEPT);
  return Math.min(room, fresh.length);
}

export function rememberOwned(jobId: string, ownerToken: string): void {
  OWNED.put(jobId, ownerToken, MAX_KEPT);
}

export function forgetOwned(jobId: string): void {
  OWNED.delete(jobId);
}
