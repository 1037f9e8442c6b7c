/**
 * The key of a site that lets only some people make videos. They get a link with `#create-token=...`; a fragment is
 * never sent to a server. The key is stored in this browser.
 */

const KEY = "tributary.create-token";

/** The stored key; null where there is none. */
export function savedSiteToken(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Stores the key. Where this browser stores nothing, the key works for this visit only. */
export function saveSiteToken(token: string): void {
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // Storage is full or forbidden.
  }
}

/** Reads the key in the page's address, and removes it there; null where there is none. */
export function takeGivenToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("create-token");
  if (given !== null) history.replaceState(null, "", location.pathname + location.search);
  return given;
}
