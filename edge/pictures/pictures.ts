import { randomBytes } from "node:crypto";
import { TributaryError } from "../../shared/job/errors.ts";
import { picturesPrefix } from "../../shared/job/object-keys.ts";
import { log } from "../../shared/log.ts";
import { jpegSize } from "../../shared/pictures/jpeg.ts";
import { sheetSize, sheetsOf } from "../../shared/pictures/storyboard.ts";
import {
  LEAST_POSTER_SIDE,
  MOST_POSTER_BYTES,
  MOST_POSTER_SIDE,
  MOST_SHEET_BYTES,
  type NewStoryboard,
  type Pictures,
  type PosterSource,
} from "../../shared/wire/pictures.ts";
import {
  findPictures,
  type StoredStoryboard,
  savePosterRow,
  saveStoryboardRow,
  shownPictures,
} from "../catalog/pictures.ts";
import { deleteBelow } from "../storage/stored-objects.ts";

/** Posters and storyboards of videos: rows in the catalogue, pictures in storage. */

const POSTER = "poster.jpg";
const JPEG = { httpMetadata: { contentType: "image/jpeg" } };

/**
 * Stores a poster. An automatic one does not replace a poster that a person chose.
 * @throws TributaryError PICTURE_INVALID, NOT_FOUND
 */
export async function savePoster(
  env: Cloudflare.Env,
  id: string,
  bytes: Uint8Array,
  source: PosterSource,
): Promise<Pictures> {
  const { width, height } = sizeOf(bytes, MOST_POSTER_BYTES, "The poster");
  const [least, most] = [Math.min(width, height), Math.max(width, height)];
  if (least < LEAST_POSTER_SIDE || most > MOST_POSTER_SIDE) {
    const sides = `${LEAST_POSTER_SIDE} to ${MOST_POSTER_SIDE}`;
    throw invalid(`The poster has ${width} × ${height} pixels; its sides have ${sides}.`);
  }
  const before = await findPictures(env.CATALOG, id);
  const isChosen = before.poster !== null && before.poster.source !== "automatic";
  if (source === "automatic" && isChosen) return shownPictures(id, before);
  const key = pictureKey(id, POSTER);
  // The picture is stored before its row, so that no row names a missing picture.
  await env.MEDIA.put(key, bytes, JPEG);
  const poster = { source, width, height, savedAtMs: Date.now() };
  if (!(await savePosterRow(env.CATALOG, id, poster))) {
    await env.MEDIA.delete(key);
    throw new TributaryError("NOT_FOUND", "There is no such video.");
  }
  log("poster", { jobId: id, source, width, height, bytes: bytes.length });
  return shownPictures(id, { ...before, poster });
}

/**
 * Stores a storyboard, which replaces the former one.
 * @throws TributaryError PICTURE_INVALID, NOT_FOUND
 */
export async function saveStoryboard(
  env: Cloudflare.Env,
  id: string,
  { sheets: sent, ...layout }: NewStoryboard,
): Promise<Pictures> {
  const tiles = sheetsOf(layout.startSeconds);
  if (sent.length !== tiles.length) {
    throw invalid(`${layout.startSeconds.length} tiles are on ${tiles.length} sheets.`);
  }
  const sheets = sent.map((text) => new Uint8Array(Buffer.from(text, "base64")));
  for (const [index, bytes] of sheets.entries()) {
    const name = `Sheet ${index + 1}`;
    const found = sizeOf(bytes, MOST_SHEET_BYTES, name);
    const planned = sheetSize(tiles[index]?.length ?? 0, layout);
    if (found.width !== planned.width || found.height !== planned.height) {
      const [is, due] = [found, planned].map(({ width, height }) => `${width} × ${height}`);
      throw invalid(`${name} has ${is} pixels, its tiles take ${due}.`);
    }
  }
  const before = await findPictures(env.CATALOG, id);
  const storyboard = { ...layout, version: randomBytes(6).toString("hex") };
  const keys = sheets.map((_, index) => pictureKey(id, sheetName(storyboard, index)));
  await Promise.all(
    sheets.map((bytes, index) => env.MEDIA.put(keys[index] as string, bytes, JPEG)),
  );
  const isSaved = await saveStoryboardRow(env.CATALOG, id, storyboard);
  const kept = new Set([pictureKey(id, POSTER), ...(isSaved ? keys : [])]);
  await deleteBelow(env.MEDIA, picturesPrefix(id), kept);
  if (!isSaved) throw new TributaryError("NOT_FOUND", "There is no such video.");
  log("storyboard", { jobId: id, tiles: layout.startSeconds.length, sheets: sheets.length });
  return shownPictures(id, { ...before, storyboard });
}

/** The name of a sheet below the video's folder. */
export function sheetName({ version }: Pick<StoredStoryboard, "version">, index: number): string {
  return `storyboard-${version}-${index}.jpg`;
}

/**
 * A stored poster or sheet.
 * @param onlyIf headers with the request's conditions
 */
export function storedPicture(
  bucket: R2Bucket,
  id: string,
  name: string,
  onlyIf: Headers,
): Promise<R2Object | R2ObjectBody | null> {
  return bucket.get(pictureKey(id, name), { onlyIf });
}

function pictureKey(id: string, name: string): string {
  return `${picturesPrefix(id)}${name}`;
}

function sizeOf(bytes: Uint8Array, mostBytes: number, name: string) {
  if (bytes.length > mostBytes) {
    throw invalid(`${name} has more than ${mostBytes / 1024} kB.`);
  }
  const size = jpegSize(bytes);
  if (size === null) throw invalid(`${name} is not a JPEG picture.`);
  return size;
}

function invalid(message: string): TributaryError {
  return new TributaryError("PICTURE_INVALID", message);
}
