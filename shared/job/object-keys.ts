/**
 * Keys of the objects in the bucket. A key under `v/` holds the hashes of its object. A lease holder uploads only to
 * keys of its own lease, only the gate writes init segments, and no key is written twice. So the bytes under a
 * published name never change, and may be cached for ever. The edge serves an object under the same path as its key.
 */

/** Hashes of an object, in the form that offers have. */
interface Hashes {
  /** In hexadecimal. */
  sha256: string;
  /** In base64, as in the header Content-MD5. */
  md5: string;
}

/** `v/<job>/<rendition>/<lease>-<sha256>-<md5>.m4s`: a media segment. Only this lease uploads to it. */
export function mediaKey(
  jobId: string,
  rendition: string,
  leaseId: string,
  { sha256, md5 }: Hashes,
): string {
  return `v/${jobId}/${rendition}/${leaseId}-${sha256}-${hexOf(md5)}.m4s`;
}

/** `v/<job>/<rendition>/init-<sha256>-<md5>.mp4`: an init segment. Leases that offer the same bytes share it. */
export function initKey(jobId: string, rendition: string, { sha256, md5 }: Hashes): string {
  return `v/${jobId}/${rendition}/init-${sha256}-${hexOf(md5)}.mp4`;
}

/**
 * The hashes that an object's name under `v/` promises, in hexadecimal. Storage's ETag is the MD5.
 * @param path a key, or an address without its query
 * @returns null for a name without hashes; `md5` is null in names from before 2026-11-27, which hold
 *   the SHA-256 alone
 */
export function namedHashes(path: string): { sha256: string; md5: string | null } | null {
  const [, sha256, md5 = null] = NAMED.exec(path) ?? [];
  return sha256 === undefined ? null : { sha256, md5 };
}

const NAMED =
  /\/(?:[a-z0-9_-]+-(?=[0-9a-f]{64}-))?([0-9a-f]{64})(?:-([0-9a-f]{32}))?\.(?:m4s|mp4)$/;

/** Playlists of a finished job. */
export function playlistKey(jobId: string, path: string): string {
  return `v/${jobId}/${path}`;
}

/** Key of the record that lists a finished job's objects (`edge/storage/video-record.ts`). Never served. */
export function recordKey(jobId: string): string {
  return `records/${jobId}.json`;
}

/**
 * All cues of a track, as WebVTT. The key lies outside `v/`, because objects there that are no outputs of the job are
 * deleted.
 */
export function captionsKey(videoId: string, id: string): string {
  return `${captionsPrefix(videoId)}${id}.vtt`;
}

export function captionsPrefix(videoId: string): string {
  return `captions/${videoId}/`;
}

/** The file that a video was made from, where its owner keeps it. */
export function originalKey(videoId: string): string {
  return `originals/${videoId}`;
}

/** Folder of the poster and the storyboard. It lies outside `v/` for the same reason as captions. */
export function picturesPrefix(videoId: string): string {
  return `pictures/${videoId}/`;
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

function hexOf(base64: string): string {
  return Array.from(atob(base64), (letter) =>
    letter.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
}
