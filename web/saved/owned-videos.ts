import { StringRecord } from "./string-record.ts";

/**
 * Which videos this browser began: their owner's tokens, so that it shows private ones and the catalogue
 * can offer to delete them. Kept in this browser only; where it keeps nothing, nothing can be deleted from
 * there.
 */

const OWNED = new StringRecord("tributary.owned");
const MAX_KEPT = 500;

export function ownerTokenOf(jobId: string): string | null {
  return OWNED.read()[jobId] ?? null;
}

/** Ids of all that are kept, the newest first. */
export function ownedIds(): string[] {
  return Object.keys(OWNED.read()).reverse();
}

/** Ids and owner's tokens, by which another browser can manage the same videos. */
export function allOwned(): Record<string, string> {
  return OWNED.read();
}

/** @returns how many of them there was room for */
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
