/**
 * Visibility of a video. `unlisted`: everybody who has the link may watch it. `listed`: it also appears in the site's
 * list. `private`: only its owner, the site's operator, and people with a signed link or the passphrase may watch it.
 */
export const VISIBILITIES = ["unlisted", "listed", "private"] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export const DEFAULT_VISIBILITY: Visibility = "unlisted";
