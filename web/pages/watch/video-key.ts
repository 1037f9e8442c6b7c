/** The key that opens a private video in this tab. It comes from a signed link, or in exchange for a passphrase. */

/** The key in the address or stored in this tab; null where there is none. */
export function keyOf(jobId: string, query: URLSearchParams): string | null {
  return query.get("key") ?? keptKey(jobId);
}

export function keepKey(jobId: string, key: string): void {
  try {
    sessionStorage.setItem(nameOf(jobId), key);
  } catch {
    // Without storage the passphrase is asked for again after a reload.
  }
}

/** @returns whether there was a stored key */
export function forgetKey(jobId: string): boolean {
  const wasKept = keptKey(jobId) !== null;
  if (wasKept) sessionStorage.removeItem(nameOf(jobId));
  return wasKept;
}

function keptKey(jobId: string): string | null {
  try {
    return sessionStorage.getItem(nameOf(jobId));
  } catch {
    return null;
  }
}

function nameOf(jobId: string): string {
  return `tributary.key.${jobId}`;
}
