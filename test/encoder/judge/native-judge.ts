import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PictureVerdict } from "../../../shared/wire/lease.ts";
import { type CellGrid, cellGrid, type GridSize } from "../../../web/encoder/pictures/cell-grid.ts";
import { LadderMeter, type RenditionFigures } from "../../../web/encoder/pictures/ladder-meter.ts";
import { isDoubtful, verdictOf } from "../../../web/encoder/pictures/picture-verdict.ts";
import { chromaSide } from "../../../web/encoder/pictures/samples.ts";
import { ffmpeg, ffprobe } from "../../setup/media.ts";
import type { Manipulation } from "./manipulations.ts";

export interface Size {
  width: number;
  height: number;
}

/** A source with the figures that results are judged by. */
export interface JudgedSource {
  path: string;
  size: Size;
  frames: number;
  /** Size of the rendition. */
  rendition: Size;
  grids: CellGrid[];
}

/** How native ffmpeg encodes a result. */
export interface Encoding {
  /** Arguments for libx264, without its bit rate. */
  x264: readonly string[];
  kilobitsPerSecond: number;
  /** Flags of ffmpeg's scaler. */
  scaler?: string;
}

/** Decodes a source and prepares its figures. @param rendition size of the results */
export async function judgedSource(path: string, rendition: Size): Promise<JudgedSource> {
  const size = await sizeOf(path);
  const grids = await decodedGrids(path, size, new LadderMeter([rendition]).sourceSize);
  return { path, size, rendition, grids, frames: grids.length };
}

/** Size of a file's frames in pixels. */
export async function sizeOf(path: string): Promise<Size> {
  const entries = ["-select_streams", "v:0", "-show_entries", "stream=width,height"];
  const { streams } = (await ffprobe([...entries, path])) as { streams: Size[] };
  const { width, height } = streams[0] ?? { width: 0, height: 0 };
  return { width, height };
}

/** The judge's figures for a file that claims to show the source. */
export async function measured(source: JudgedSource, path: string): Promise<RenditionFigures> {
  const meter = new LadderMeter([source.rendition]);
  const made = await decodedGrids(path, source.rendition, meter.sizes[0] ?? meter.sourceSize);
  for (const [index, grid] of source.grids.entries()) {
    const shown = made[Math.min(index, made.length - 1)];
    if (shown === undefined) throw new Error(`${path} shows nothing.`);
    meter.add(grid, [shown]);
  }
  const [figures] = meter.finish();
  if (figures === undefined) throw new Error("No rendition was measured.");
  return figures;
}

/** Decides like the owner's tab, with a reference made before. */
export function judged(own: RenditionFigures, reference: RenditionFigures): PictureVerdict {
  return isDoubtful(own) ? verdictOf(own, reference) : "agrees";
}

/** Encodes a source by native ffmpeg, passes the file to `work`, and deletes it. @param manipulation null: honest */
export async function withMade<T>(
  source: JudgedSource,
  encoding: Encoding,
  manipulation: Manipulation | null,
  work: (path: string) => Promise<T>,
  other?: JudgedSource,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-judge-"));
  try {
    const path = join(dir, `${randomUUID()}.mp4`);
    const { x264, scaler = "bicubic" } = encoding;
    const { width, height } = source.rendition;
    const rate = encoding.kilobitsPerSecond * (manipulation?.rate ?? 1);
    const shortSide = String(Math.min(source.size.width, source.size.height));
    const filter = (manipulation?.filter ?? "null").replace("HEIGHT", shortSide);
    const first = filter.startsWith("[") ? "" : "[0:v]";
    const shown = manipulation?.isOther === true ? (other ?? source) : source;
    await ffmpeg([
      ...["-i", shown.path, "-an", "-filter_complex"],
      `${first}${filter},scale=${width}:${height}:flags=${scaler},setsar=1,format=yuv420p[made]`,
      ...["-map", "[made]", "-fps_mode", "passthrough", "-frames:v", String(source.frames)],
      ...["-c:v", "libx264", "-threads", "1", "-g", "60", ...x264],
      ...["-b:v", `${rate}k`, "-maxrate", `${1.1 * rate}k`, "-bufsize", `${2 * rate}k`, path],
    ]);
    return await work(path);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function decodedGrids(path: string, size: Size, grid: GridSize): Promise<CellGrid[]> {
  const raw = await ffmpeg([
    ...["-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
  ]);
  const { width, height } = size;
  const luma = width * height;
  const chroma = chromaSide(width) * chromaSide(height);
  const frame = luma + 2 * chroma;
  return Array.from({ length: Math.floor(raw.length / frame) }, (_, index) => {
    const bytes = new Uint8Array(raw.buffer as ArrayBuffer, raw.byteOffset + index * frame, frame);
    const y = bytes.subarray(0, luma);
    const u = bytes.subarray(luma, luma + chroma);
    const v = bytes.subarray(luma + chroma);
    return cellGrid({ width, height, y, u, v }, grid);
  });
}
