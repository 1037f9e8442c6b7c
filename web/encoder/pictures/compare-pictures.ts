import type { RawOutput, TranscodeTask } from "../../../shared/encode/transcode-task.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { segmentFrames, TICKS_PER_SECOND, type VideoRendition } from "../../../shared/job/job.ts";
import type { PictureVerdict } from "../../../shared/wire/lease.ts";
import { readChunkPackets } from "../engines/webcodecs/chunk-packets.ts";
import { WebCodecsEngine } from "../engines/webcodecs.ts";
import { type CellGrid, cellGrid, type GridSize } from "./cell-grid.ts";
import { type CodedVideo, codedOutput, decodeFrames } from "./decode-frames.ts";
import { LadderMeter, type RenditionFigures } from "./ladder-meter.ts";
import { isDoubtful, verdictOf } from "./picture-verdict.ts";
import { PlaneReader } from "./planes.ts";
import { decoderConfig, planSamples } from "./sample-conversion.ts";
import { statedVideo } from "./stated-video.ts";

/** One output of the result that is compared, with its bytes. */
export type ResultOutput = Pick<RawOutput, "rendition" | "kind" | "segment"> & {
  bytes: Uint8Array;
};

/**
 * Whether another lease holder's result of a task shows the source. Decodes the chunk and the result side by side, and
 * compares each tile of each plane of each picture of each rendition. In doubt it also compares the result with what
 * this browser itself makes of the task.
 * @param onProgress takes 0..1; starts anew with each stage
 * @throws TributaryError ENGINE_UNAVAILABLE, CHUNK_UNREADABLE, DECODE_FAILED, ENCODE_FAILED, WORKER_STALLED,
 * OUTPUT_INVALID, FRAME_COUNT_WRONG; an error says nothing about the result
 */
export async function comparePictures(
  task: TranscodeTask,
  result: readonly ResultOutput[],
  onProgress: (progress: number) => void,
): Promise<PictureVerdict> {
  const own = await measurePictures(task, result, onProgress);
  if (!own.some(isDoubtful)) return "agrees";
  const { outputs } = await new WebCodecsEngine().transcode(task, onProgress);
  const reference = await measurePictures(task, outputs, onProgress);
  const verdicts = own.map((each, index) => {
    return verdictOf(each, reference[index] ?? { fits: [], tiles: [] });
  });
  if (verdicts.includes("lies")) return "lies";
  return verdicts.includes("unsure") ? "unsure" : "agrees";
}

/** Figures of each video rendition, in the grant's order. */
async function measurePictures(
  task: TranscodeTask,
  result: readonly ResultOutput[],
  onProgress: (progress: number) => void,
): Promise<RenditionFigures[]> {
  const { segments, renditions } = task.grant;
  const wanted = segments.reduce((sum, segment) => sum + segmentFrames(segment), 0);
  const chunk = await readChunkPackets(task.chunk);
  const video = renditions.filter((rendition) => rendition.kind === "video");
  const { video: facts } = task.grant.source;
  const { colour, conversion } = planSamples(chunk.config, facts, video);
  const grids = (reader: PlaneReader, size: GridSize): FrameReader => {
    return async (frame) => ({
      timestamp: frame.timestamp,
      grid: cellGrid(await reader.read(frame), size),
    });
  };
  const meter = new LadderMeter(video);
  const stated = statedVideo(chunk, colour.tags);
  const source = sourcePictures(
    task,
    { ...stated, config: decoderConfig(stated.config, facts) },
    grids(new PlaneReader(stated.rgb, conversion), meter.sourceSize),
  );
  const made = video.map((rendition, index) => {
    const coded = statedVideo(codedRendition(task, rendition, result), colour.tags);
    return decodeFrames(
      coded,
      grids(new PlaneReader(coded.rgb), meter.sizes[index] ?? meter.sourceSize),
    );
  });
  try {
    for (let index = 0; index < wanted; index += 1) {
      const [own, ...theirs] = await Promise.all([
        source.next(),
        ...made.map((pictures) => pictures.next()),
      ]);
      const shown = theirs.flatMap(({ value }) => (value === undefined ? [] : [value.grid]));
      if (own.value === undefined || shown.length < made.length) throw missing(index, wanted);
      meter.add(own.value, shown);
      onProgress((index + 1) / wanted);
    }
    return meter.finish();
  } finally {
    await Promise.allSettled([source.return(), ...made.map((pictures) => pictures.return())]);
  }
}

type FrameReader = (frame: VideoFrame) => Promise<{ timestamp: number; grid: CellGrid }>;

/** The source pictures that the task keeps, in order: inside the trim, every `frameStep`-th. */
async function* sourcePictures(
  { info, grant }: TranscodeTask,
  chunk: CodedVideo,
  read: FrameReader,
): AsyncGenerator<CellGrid, void, void> {
  let seen = 0;
  for await (const { timestamp, grid } of decodeFrames(chunk, read)) {
    const atTicks = (timestamp * TICKS_PER_SECOND) / 1e6 + info.baseTicks;
    if (atTicks < info.trimStartTicks || atTicks >= info.trimEndTicks) continue;
    if (seen % grant.source.video.frameStep === 0) yield grid;
    seen += 1;
  }
}

function codedRendition(
  { grant }: TranscodeTask,
  { id }: VideoRendition,
  result: readonly ResultOutput[],
): CodedVideo {
  const own = result.filter(({ rendition }) => rendition === id);
  const init = own.find(({ kind }) => kind === "init");
  const media = own.filter(({ kind }) => kind === "media").sort((a, b) => a.segment - b.segment);
  if (init === undefined || media.length !== grant.segments.length) {
    throw new TributaryError("OUTPUT_INVALID", `Not all of ${id} is here to be compared.`);
  }
  return codedOutput(
    init.bytes,
    media.map(({ bytes }) => bytes),
    grant.segments,
  );
}

function missing(index: number, wanted: number): TributaryError {
  const message = `The browser decoded ${index} pictures where ${wanted} are planned.`;
  return new TributaryError("FRAME_COUNT_WRONG", message);
}
