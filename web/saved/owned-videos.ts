import { StringRecord } from "./string-record.ts";

/**
 * Which videos this browser began: their owner's tokens, so that the catalogue can offer to delete
 * them. Kept in this browser only; where it keeps nothing, nothing can be deleted from there.
 */

const OWNED = new StringRecord("tributary.owned");
const MAX_KEPT = 500;

export function ownerTokenOf(jobId: string): string | null {
  return OWNED.read()[jobId] ?? null;
}

export function rememberOwned(jobId: string, ownerToken: string): void {
  OWNED.put(jobId, ownerToken, MAX_KEPT);
}

export function forgetOwned(jobId: string): void {
  OWNED.delete(jobId);
}
