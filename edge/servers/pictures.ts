import { TributaryError } from "../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { forPoster } from "../../shared/pictures/poster.ts";
import { everyNth, tileSizeOf } from "../../shared/pictures/storyboard.ts";
import { type PicturesRequest, picturesResponseSchema } from "../../shared/wire/container.ts";
import { MOST_TILES } from "../../shared/wire/pictures.ts";
import { findPictures } from "../catalog/pictures.ts";
import { savePoster, saveStoryboard } from "../pictures/pictures.ts";
import { OWN_EXPIRES_SECONDS, presignGet } from "../storage/presign.ts";
import { readRecord, type VideoRecord } from "../storage/video-record.ts";
import type { Servers } from "./servers.ts";
import { whileThere } from "./while-there.ts";

/** Posters and storyboards made by servers, for videos whose owner's tab has made none. */

/** Milliseconds for some hundred small downloads and three runs of ffmpeg. */
const TIMEOUT_MS = 5 * 60_000;

interface KeyFrame {
  key: string;
  initKey: string;
  offsetBytes: number;
  sizeBytes: number;
  startSeconds: number;
}

/**
 * Lets a server make the pictures that the video does not have yet.
 * @throws TributaryError NOT_FOUND, SOURCE_UNSUPPORTED, and errors of the server
 */
export async function makePictures(
  env: Cloudflare.Env,
  servers: Servers,
  jobId: string,
  origin: string,
): Promise<void> {
  const before = await findPictures(env.CATALOG, jobId);
  if (before.poster !== null && before.storyboard !== null) return;
  const record = await readRecord(env.MEDIA, jobId);
  if (record === null) throw new TributaryError("NOT_FOUND", "The video is not finished.");
  const renditions = [...record.video].sort((a, b) => a.width * a.height - b.width * b.height);
  const [smallest] = renditions;
  const fills = forPoster(renditions);
  if (smallest === undefined || fills === undefined) return;
  const tiles = everyNth(keyFramesOf(record, smallest.id), MOST_TILES);
  // All renditions have the same key frames, so a frame is found by its time.
  const large = new Map(
    keyFramesOf(record, fills.id).map((frame) => [frame.startSeconds, frame] as const),
  );
  const posters = tiles.map((tile) => large.get(tile.startSeconds) ?? tile);
  const size = tileSizeOf(smallest);
  const request: PicturesRequest = {
    jobId,
    tiles: await signed(env, origin, tiles),
    ...size,
    posters: await signed(env, origin, posters),
  };
  const made = await whileThere(env, jobId, (signal) =>
    servers.post("/make-pictures", request, { timeoutMs: TIMEOUT_MS, signal }),
  );
  if (made === null) return;
  const { poster, sheets } = picturesResponseSchema.parse(made.result);
  if (before.poster === null) {
    await savePoster(env, jobId, new Uint8Array(Buffer.from(poster, "base64")), "automatic");
  }
  if (before.storyboard !== null) return;
  const startSeconds = tiles.map((tile) => tile.startSeconds);
  const endSeconds = record.source.durationTicks / TICKS_PER_SECOND;
  await saveStoryboard(env, jobId, { ...size, startSeconds, endSeconds, sheets });
}

/** The key frames of a rendition, in order. */
function keyFramesOf({ media }: VideoRecord, rendition: string): KeyFrame[] {
  const own = media.filter((each) => each.rendition === rendition);
  let ticks = 0;
  return own
    .sort((a, b) => a.segment - b.segment)
    .flatMap(({ key, initKey, fragments }) =>
      fragments.flatMap(({ offsetBytes, keyFrameBytes, durationTicks }) => {
        const startSeconds = ticks / TICKS_PER_SECOND;
        ticks += durationTicks;
        if (keyFrameBytes === 0) return [];
        return [{ key, initKey, offsetBytes, sizeBytes: keyFrameBytes, startSeconds }];
      }),
    );
}

/** @throws TributaryError SOURCE_UNSUPPORTED where a rendition has several init segments */
async function signed(
  env: Cloudflare.Env,
  origin: string,
  frames: readonly KeyFrame[],
): Promise<PicturesRequest["tiles"]> {
  const [init, ...others] = new Set(frames.map(({ initKey }) => initKey));
  if (init === undefined || others.length > 0) {
    const message = "This video was made by different encoders: servers make no pictures of it.";
    throw new TributaryError("SOURCE_UNSUPPORTED", message);
  }
  const sign = (key: string) => presignGet(env, origin, key, OWN_EXPIRES_SECONDS);
  const urls = new Map<string, string>();
  for (const { key } of frames) if (!urls.has(key)) urls.set(key, await sign(key));
  return {
    init: await sign(init),
    frames: frames.map(({ key, offsetBytes, sizeBytes }) => {
      return { url: urls.get(key) ?? "", offsetBytes, sizeBytes };
    }),
  };
}
