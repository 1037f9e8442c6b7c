/**
 * Visibility of a video: `unlisted` is for everybody who has its link, `listed` also stands in the site's
 * list, `private` is for its owner and the site's operator.
 */
export const VISIBILITIES = ["unlisted", "listed", "private"] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export const DEFAULT_VISIBILITY: Visibility = "unlisted";
