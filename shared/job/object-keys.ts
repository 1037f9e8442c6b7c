/**
 * Where things lie in the bucket. Outputs are content-addressed: the key holds the SHA-256, so a key
 * never changes its bytes, the same result twice is the same object, and everything may be cached for
 * ever. The part below `v/` is also the address under which the edge serves it.
 */

/** `v/<job>/<rendition>/<sha256>.m4s` (media) or `.mp4` (init). */
export function outputKey(
  jobId: string,
  rendition: string,
  kind: "init" | "media",
  sha256: string,
): string {
  return `v/${jobId}/${rendition}/${sha256}.${kind === "init" ? "mp4" : "m4s"}`;
}

/** Playlists of a finished job, and its poster. */
export function playlistKey(jobId: string, path: string): string {
  return `v/${jobId}/${path}`;
}

/** A staged chunk; deleted an hour after the job's end. */
export function chunkKey(jobId: string, taskId: string, sha256: string): string {
  return `chunks/${jobId}/${taskId}-${sha256}.mp4`;
}

export function chunkPrefix(jobId: string): string {
  return `chunks/${jobId}/`;
}

export function outputPrefix(jobId: string): string {
  return `v/${jobId}/`;
}
