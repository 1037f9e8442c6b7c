import { keyFrameSample } from "../../shared/cmaf/key-frame.ts";
import { readInit } from "../../shared/cmaf/read-init.ts";
import { readAvcRecord } from "../../shared/h264/avc-config.ts";
import { nalUnits } from "../../shared/h264/nal-units.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  CANDIDATES,
  livelinessOf,
  METER_HEIGHT,
  METER_WIDTH,
} from "../../shared/pictures/liveliness.ts";
import { POSTER_SIDE } from "../../shared/pictures/poster.ts";
import { everyNth, SHEET_COLUMNS, sheetsOf } from "../../shared/pictures/storyboard.ts";
import type { PicturesRequest, PicturesResponse } from "../../shared/wire/container.ts";
import { downloadRange } from "./download.ts";
import { Workspace } from "./workspace.ts";

type KeyFrames = PicturesRequest["tiles"];

/** Downloads at a time. */
const AT_ONCE = 8;
/** On the JPEG encoder's scale from 2 (best) to 31. This is about 0.85 on a browser's scale. */
const QUALITY = "4";
const START_CODE = new Uint8Array([0, 0, 0, 1]);

/**
 * Makes a poster and a storyboard from key frames, with native ffmpeg. Key frames decode without other frames, so
 * nothing else of the video is downloaded.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_INVALID, DECODE_FAILED, and those of `runProgram`
 */
export function makePictures(
  { tiles, tileWidth, tileHeight, posters }: PicturesRequest,
  signal: AbortSignal,
): Promise<PicturesResponse> {
  return Workspace.use(async (workspace) => {
    const pictures = await annexB(tiles, signal);
    const sheets: string[] = [];
    for (const some of sheetsOf(pictures)) {
      const rows = Math.ceil(some.length / SHEET_COLUMNS);
      const filter = `scale=${tileWidth}:${tileHeight}:flags=area,tile=${SHEET_COLUMNS}x${rows}`;
      sheets.push(await jpeg(workspace, some, filter, signal));
    }
    const best = await liveliest(workspace, pictures, signal);
    const frames = posters.frames.slice(best, best + 1);
    const large = await annexB({ ...posters, frames }, signal);
    const fit = `scale='min(iw,${POSTER_SIDE})':'min(ih,${POSTER_SIDE})'`;
    const filter = `${fit}:force_original_aspect_ratio=decrease`;
    return { poster: await jpeg(workspace, large, filter, signal), sheets };
  });
}

/** Index of the liveliest picture. */
async function liveliest(
  workspace: Workspace,
  pictures: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<number> {
  const candidates = everyNth([...pictures.keys()], CANDIDATES);
  const chosen = candidates.map((index) => pictures[index] as Uint8Array);
  const filter = `scale=${METER_WIDTH}:${METER_HEIGHT}:flags=area`;
  const raw = ["-f", "rawvideo", "-pix_fmt", "gray"];
  const bytes = await run(workspace, chosen, ["-vf", filter, ...raw], signal);
  const size = METER_WIDTH * METER_HEIGHT;
  let best = { index: 0, liveliness: -1 };
  for (const [at, index] of candidates.entries()) {
    const luma = bytes.subarray(at * size, (at + 1) * size);
    const liveliness = luma.length === size ? livelinessOf(luma, METER_WIDTH) : -1;
    if (liveliness > best.liveliness) best = { index, liveliness };
  }
  return best.index;
}

async function jpeg(
  workspace: Workspace,
  pictures: readonly Uint8Array[],
  filter: string,
  signal: AbortSignal,
): Promise<string> {
  const one = ["-frames:v", "1", "-c:v", "mjpeg", "-q:v", QUALITY, "-f", "image2pipe"];
  const made = await run(workspace, pictures, ["-vf", `${filter},format=yuvj420p`, ...one], signal);
  return Buffer.from(made).toString("base64");
}

async function run(
  workspace: Workspace,
  pictures: readonly Uint8Array[],
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  await workspace.write("in.h264", Buffer.concat(pictures));
  const input = ["-f", "h264", "-i", "in.h264", "-fps_mode", "passthrough"];
  const all = ["-nostdin", "-y", "-v", "error", ...input, ...argv, "out"];
  const { exitCode, lines } = await workspace.run("ffmpeg", all, { signal });
  if (exitCode === 0) return workspace.read("out");
  const why = lines.at(-1) ?? "";
  throw new TributaryError("DECODE_FAILED", `The key frames could not be decoded. ${why}`.trim());
}

/** Each key frame as a separate stream (ITU-T H.264, Annex B), with the parameter sets. */
async function annexB({ init, frames }: KeyFrames, signal: AbortSignal): Promise<Uint8Array[]> {
  const { config } = readInit(await downloadRange({ url: init }, signal));
  const { nalLengthBytes, spsUnits, ppsUnits } = readAvcRecord(config);
  const sets = [...spsUnits, ...ppsUnits];
  const made: Uint8Array[] = [];
  for (let from = 0; from < frames.length; from += AT_ONCE) {
    const some = frames.slice(from, from + AT_ONCE);
    const parts = await Promise.all(some.map((frame) => downloadRange(frame, signal)));
    for (const part of parts) {
      const units = [...sets, ...nalUnits(keyFrameSample(part), nalLengthBytes)];
      made.push(Buffer.concat(units.flatMap(({ bytes }) => [START_CODE, bytes])));
    }
  }
  return made;
}
