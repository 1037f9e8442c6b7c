/**
 * The key of a site that lets only some people make videos. They get a link with `#create-token=...`: it is
 * kept in this browser, and what follows a `#` is never sent to a server.
 */

const KEY = "tributary.create-token";

/** Null where none is kept. */
export function savedSiteToken(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Where this browser keeps nothing, the key is good for this visit. */
export function saveSiteToken(token: string): void {
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // Storage is full or forbidden.
  }
}

/** The key that the page was opened with, which is taken out of the address; null where there is none. */
export function takeGivenToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("create-token");
  if (given !== null) history.replaceState(null, "", location.pathname + location.search);
  return given;
}
