import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "hls-parser";
import { TributaryError } from "../../shared/job/errors.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import { authorized } from "../player/authorized.ts";

type Playlist = ReturnType<typeof parse>;

const FETCH_TIMEOUT_MS = 60_000;
const AT_ONCE = 4;

/** Number and size of the files that were written below the folder. */
export interface CopiedPlaylists {
  playlists: number;
  objects: number;
  sizeBytes: number;
}

/**
 * Fetches all files that a player could reach from a multivariant playlist, and writes them to the same relative
 * paths. Playlists are not changed. An object whose name holds a SHA-256 must have that hash.
 * @param masterUrl of an ended job
 * @param ownerToken a private video needs it
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_INVALID (an address outside the video's own folder),
 *   OUTPUT_HASH_MISMATCH
 */
export async function copyPlaylists(
  masterUrl: string,
  outDir: string,
  signal: AbortSignal,
  ownerToken: string | null = null,
): Promise<CopiedPlaylists> {
  const base = new URL(".", masterUrl);
  const written = new Map<string, number>();
  const save = async (url: URL): Promise<Buffer> => {
    const bytes = await fetchBytes(url, ownerToken, signal);
    const path = join(outDir, relativePath(url, base));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    written.set(url.href, bytes.length);
    return bytes;
  };

  const master = new URL(masterUrl);
  const playlists = addresses(parsed(await save(master), master), master);
  const objects = new Map<string, URL>();
  for (const playlist of playlists) {
    const media = parsed(await save(playlist), playlist);
    if (media.isMasterPlaylist || !media.endlist) {
      throw new TributaryError("OUTPUT_INVALID", `${playlist.pathname} has no end.`);
    }
    for (const url of addresses(media, playlist)) objects.set(url.href, url);
  }

  const queue = [...objects.values()];
  const worker = async (): Promise<void> => {
    for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
      checkHash(url, await save(url));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  let sizeBytes = 0;
  for (const size of written.values()) sizeBytes += size;
  return { playlists: playlists.length + 1, objects: objects.size, sizeBytes };
}

/** All addresses in a playlist, each once. */
function addresses(playlist: Playlist, base: URL): URL[] {
  const uris = playlist.isMasterPlaylist
    ? playlist.variants.flatMap(({ uri, audio, video, subtitles }) => {
        return [uri, ...[...audio, ...video, ...subtitles].map((rendition) => rendition.uri)];
      })
    : playlist.segments.flatMap(({ uri, map }) => [uri, map?.uri]);
  const urls = uris.flatMap((uri) => (uri === undefined ? [] : [new URL(uri, base)]));
  return [...new Map(urls.map((url) => [url.href, url])).values()];
}

/** @throws TributaryError OUTPUT_INVALID */
function parsed(bytes: Buffer, { pathname }: URL): Playlist {
  try {
    return parse(bytes.toString());
  } catch (cause) {
    throw new TributaryError("OUTPUT_INVALID", `${pathname} is no playlist.`, { cause });
  }
}

function relativePath(url: URL, base: URL): string {
  if (!url.href.startsWith(base.href)) {
    throw new TributaryError("OUTPUT_INVALID", `${url.pathname} lies outside the video's folder.`);
  }
  return url.pathname.slice(base.pathname.length);
}

function checkHash(url: URL, bytes: Buffer): void {
  const named = namedHashes(url.pathname)?.sha256;
  if (named === undefined) return;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 === named) return;
  throw new TributaryError("OUTPUT_HASH_MISMATCH", `${url.pathname} holds other bytes: ${sha256}.`);
}

async function fetchBytes(
  url: URL,
  ownerToken: string | null,
  signal: AbortSignal,
): Promise<Buffer> {
  const timeout = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      ...authorized(ownerToken),
      signal: AbortSignal.any([signal, timeout]),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TributaryError("DOWNLOAD_FAILED", `${url.pathname}: ${why}`, { cause });
  }
}
