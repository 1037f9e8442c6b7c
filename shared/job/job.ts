import { z } from "zod";
import { END_STATES, type EndState, hasEnded } from "./job-state.ts";
import { noticeSchema } from "./notice.ts";
import { TICKS_PER_SECOND } from "./ticks.ts";
import { trimSchema } from "./trim.ts";

/**
 * The data types of Tributary: source, rendition, segment, task, job. They are derived from schemas, because all of
 * them cross a trust boundary: a page sends them, the edge stores and serves them.
 */
export { type EndState, hasEnded, TICKS_PER_SECOND };

/** Samples per AAC-LC frame: the grid on which audio is cut. */
export const AAC_FRAME_SAMPLES = 1024;

const ticks = z
  .int()
  .min(-(2 ** 52))
  .max(2 ** 52);
const positiveTicks = z
  .int()
  .min(1)
  .max(2 ** 52);
const count = z.int().min(0).max(100_000_000);

/** Runs of [frames, ticks a frame], as in the `stts` box (ISO/IEC 14496-12, 8.6.1.2). */
export const sampleDurationsSchema = z
  .array(z.tuple([z.int().min(1).max(100_000), positiveTicks]))
  .min(1)
  .max(20_000);
export type SampleDurations = z.infer<typeof sampleDurationsSchema>;

const colourName = z.string().max(30);

/** Facts about the source's video track. */
export const videoFactsSchema = z.object({
  /** RFC 6381 string where known, else the codec's short name ("mpeg4"). */
  codec: z.string().max(100),
  /** Pixels of the stored picture. */
  width: z.int().min(1).max(16_384),
  height: z.int().min(1).max(16_384),
  /** Pixels as shown, after sample aspect ratio and rotation. */
  displayWidth: z.int().min(1).max(16_384),
  displayHeight: z.int().min(1).max(16_384),
  /** Degrees clockwise to turn the stored picture for display. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  /** Frames that are shown (edit lists applied, before `frameStep`). */
  frames: count,
  /** Average frames per second. */
  frameRate: z.number().positive().max(1000),
  interlaced: z.boolean(),
  bitDepth: z.int().min(8).max(16),
  /** Transfer: "pq" and "hlg" are HDR and get tone-mapped. */
  transfer: z.enum(["sdr", "pq", "hlg"]),
  /** In ffmpeg's names, from the headers of the first pictures, else from the container; absent where unknown. */
  colour: z
    .object({ primaries: colourName, transfer: colourName, matrix: colourName })
    .partial()
    .optional(),
  /** Every n-th frame is kept, so that the output stays at 60 frames a second or less. */
  frameStep: z.int().min(1).max(16),
  /** Average bit rate of the source's video. A frame that is held counts as often as it has to be encoded. */
  bitsPerSecond: z.number().positive().optional(),
  /** The picture is mirrored left to right after the rotation, as front cameras record it. */
  mirrored: z.boolean().optional(),
  /** Some frames have a different aspect ratio than `displayWidth` : `displayHeight`. They get borders. */
  mixedShapes: z.boolean().optional(),
  /** All planned frames last equally long, within `EVEN_WITHIN_TICKS`; set by `planJob`. */
  evenFrames: z.boolean().optional(),
  /** See `roundedPictures` in `cmaf/decode-clock.ts`; set by `planJob`. */
  roundedPictures: z.int().min(0).max(1000).optional(),
});
export type VideoFacts = z.infer<typeof videoFactsSchema>;

/** Facts about an audio track of the source. */
export const audioFactsSchema = z.object({
  /** Position among the source's audio tracks. */
  track: z.int().min(0).max(63),
  codec: z.string().max(100),
  channels: z.int().min(1).max(64),
  sampleRate: z.int().min(1000).max(768_000),
  /** BCP 47, "und" where unknown. */
  language: z.string().max(35),
  title: z.string().max(200).nullable(),
  isDefault: z.boolean(),
  /** First sample on the job's timeline; negative when the sound begins before the picture. */
  startTicks: ticks,
  durationTicks: z.int().min(0),
  /** The spans that are heard, in order, where an edit list hides part of the track. The rest is silence. */
  heard: z
    .array(z.object({ startTicks: ticks, endTicks: ticks }))
    .max(1000)
    .optional(),
  /** The channels or the codec change within the track. `channels` and `codec` describe its beginning. */
  mixedFormats: z.boolean().optional(),
  /** Average bit rate of the source's packets; absent where an older build read the source. */
  bitsPerSecond: z.number().positive().optional(),
});
export type AudioFacts = z.infer<typeof audioFactsSchema>;

/** A track of subtitles in the source. */
export const subtitleFactsSchema = z.object({
  /** "subrip", "ass", "mov_text", "hdmv_pgs_subtitle", ..., else the container's own name for the codec. */
  codec: z.string().max(100),
  /** BCP 47; "und" where unknown. */
  language: z.string().max(35),
  title: z.string().max(200).nullable(),
  /** Whether it is text in a format that is carried over. Other subtitles are left out. */
  isText: z.boolean(),
});
export type SubtitleFacts = z.infer<typeof subtitleFactsSchema>;

export const sourceFactsSchema = z.object({
  name: z.string().min(1).max(255),
  sizeBytes: z.int().min(1),
  /** SHA-256 in hex over the size, the first and the last MiB. It tells whether the same file was picked again. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Container's short name: "mp4", "mov", "matroska", "webm", "mpegts", "flv", "avi", ... */
  container: z.string().max(40),
  /** From the first visible frame to the end of the last; of the trimmed part, where there is one. */
  durationTicks: positiveTicks,
  /** The part of the file that these facts describe; absent: the whole file. */
  trim: trimSchema.optional(),
  video: videoFactsSchema,
  audio: z.array(audioFactsSchema).max(16),
  /** Absent in jobs of older builds, which did not look for subtitles. */
  subtitles: z.array(subtitleFactsSchema).max(64).optional(),
  /** Plain sentences on what will be missing or different. They are shown to people and kept in the job's status. */
  warnings: z.array(z.string().max(500)).max(20),
  /** The same notices as in `warnings`, with codes and times. */
  notices: z.array(noticeSchema).max(20).default([]),
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;

/** "v480", "a0". It is also the rendition's folder in storage and in the playlists' addresses. */
export const renditionIdSchema = z.string().regex(/^[av][a-z0-9-]{1,20}$/);

const codePoint = z.int().min(0).max(255);
/** A parameter set in base64. Decoded it has about 30 bytes. */
const parameterSet = z.base64().min(4).max(256);

/** An encoder's sequence and picture parameter set (ITU-T H.264, 7.3.2), as NAL units. */
export const encoderSetsSchema = z.object({ sps: parameterSet, pps: parameterSet });
export type EncoderSets = z.infer<typeof encoderSetsSchema>;

export const videoRenditionSchema = z.object({
  id: renditionIdSchema,
  kind: z.literal("video"),
  /** Even numbers, square pixels. */
  width: z.int().min(2).max(16_384).multipleOf(2),
  height: z.int().min(2).max(16_384).multipleOf(2),
  bitsPerSecond: z.int().min(20_000).max(100_000_000),
  /** H.264 level times ten (ITU-T H.264, table A-1): 31 is level 3.1. The profile is High. */
  level: z.int().min(10).max(62),
  /**
   * What the init segment, which all engines share, holds besides x264's parameter sets (`cmaf/planned-init.ts`).
   * Absent in plans from before protocol version 4, where each engine makes its own init segment.
   */
  parameterSets: z
    .object({
      /** Code points of ISO/IEC 23091-2. */
      colour: z.object({ primaries: codePoint, transfer: codePoint, matrix: codePoint }),
      /** Parameter sets of the encoder in the owner's browser; null where no browser encoder takes part. */
      browser: encoderSetsSchema.nullable(),
      /** Duration of the longest frame, where it is above `SLOW_TICKS` of `plan/segments.ts`. */
      longestTicks: z.int().positive().optional(),
    })
    .optional(),
});
export type VideoRendition = z.infer<typeof videoRenditionSchema>;

export const audioRenditionSchema = z.object({
  id: renditionIdSchema,
  kind: z.literal("audio"),
  /** `AudioFacts.track` of the source track that it is made from. */
  track: z.int().min(0).max(63),
  sampleRate: z.int().min(8000).max(48_000),
  /** 1, 2, or 6 for 5.1. A rendition in 5.1 is made in addition to stereo from the same track. */
  channels: z.int().min(1).max(6),
  bitsPerSecond: z.int().min(16_000).max(512_000),
  language: z.string().max(35),
  name: z.string().min(1).max(200),
  isDefault: z.boolean(),
  /** The change of loudness: a linear gain, and the values measured before it. Absent: no change. */
  loudness: z
    .object({
      gain: z.number().min(0.001).max(100),
      lufs: z.number().min(-100).max(30),
      peakDbtp: z.number().min(-200).max(60),
    })
    .optional(),
});
export type AudioRendition = z.infer<typeof audioRenditionSchema>;

export type Rendition = VideoRendition | AudioRendition;

/**
 * Bounds of a segment's share of the bit rate. The upper one is what players' buffers are planned for. The lower one
 * still looks right where the source's own encoder saved too many bits.
 */
export const RATE_SHARE = { least: 0.5, most: 1.25 } as const;

/** A segment of the timeline. All renditions have the same segments. */
export const segmentSchema = z.object({
  index: z.int().min(0).max(100_000),
  startTicks: z.int().min(0),
  /** Durations of the frames in presentation order; their sum is the segment's duration. */
  durations: sampleDurationsSchema,
  /** Share of the video renditions' bit rates that this segment gets; default: 1. */
  rateShare: z.number().min(RATE_SHARE.least).max(RATE_SHARE.most).optional(),
  /**
   * The first frame repeats the last frame of the segment before, because the source shows a frame for longer than a
   * segment. The repeated frame does not count among the source's frames.
   */
  repeatsFrame: z.boolean().optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** The work of one lease: a run of segments, in all or some of the video renditions, or in one audio rendition. */
export const taskSchema = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  kind: z.enum(["video", "audio"]),
  renditions: z.array(renditionIdSchema).min(1).max(12),
  firstSegment: z.int().min(0),
  segmentCount: z.int().min(1),
});
export type Task = z.infer<typeof taskSchema>;

/** The work of a job. The owner's tab posts it; the edge validates it again (`plan/validate.ts`). */
export const jobPlanSchema = z.object({
  source: sourceFactsSchema,
  video: z.array(videoRenditionSchema).min(1).max(12),
  audio: z.array(audioRenditionSchema).max(16),
  /** Segments cover [0, durationTicks) once, in order. The same for all renditions. */
  segments: z.array(segmentSchema).min(1).max(20_000),
  /** Every (segment, rendition) pair is in exactly one task. Sorted by playback order: what plays first comes first. */
  tasks: z.array(taskSchema).min(1).max(60_000),
});
export type JobPlan = z.infer<typeof jobPlanSchema>;

const jobSettings = {
  /** All chunks are uploaded to storage as fast as possible. Once all are there, the owner may leave. */
  stageAll: z.boolean(),
  /**
   * When servers of this deployment take part. `when-needed`: all other lease holders are gone, or one is far behind.
   */
  servers: z.enum(["never", "when-needed", "always"]),
  /**
   * Which of the contributors' results a trusted lease holder verifies: none; a random sample that shrinks as results
   * agree; or all.
   */
  verify: z.enum(["off", "adaptive", "all"]),
  /**
   * With `adaptive`: what happens to unverified results once everything is made and no trusted lease holder is
   * connected. They wait for the owner or a server, or they are published unverified.
   */
  unverified: z.enum(["wait", "publish"]),
};

/** Settings of a job. The owner chooses them when the job is created, and can change them later. */
export const jobSettingsSchema = z.object({
  ...jobSettings,
  unverified: jobSettings.unverified.default("wait"),
});
export type JobSettings = z.infer<typeof jobSettingsSchema>;
export const jobSettingsPatchSchema = z.object(jobSettings).partial();
export type JobSettingsPatch = z.infer<typeof jobSettingsPatchSchema>;
export const DEFAULT_JOB_SETTINGS: JobSettings = {
  stageAll: false,
  servers: "when-needed",
  verify: "adaptive",
  unverified: "wait",
};

/** Settings with the patch applied. Fields that the patch leaves out stay as they are. */
export function patchSettings(settings: JobSettings, patch: JobSettingsPatch): JobSettings {
  return {
    stageAll: patch.stageAll ?? settings.stageAll,
    servers: patch.servers ?? settings.servers,
    verify: patch.verify ?? settings.verify,
    unverified: patch.unverified ?? settings.unverified,
  };
}

export const endStateSchema = z.enum(END_STATES);
export const jobStateSchema = z.enum(["planned", "running", "assembling", ...END_STATES]);
export type JobState = z.infer<typeof jobStateSchema>;

/** The encoder that made a result. */
export const engineSchema = z.enum(["ffmpeg-wasm", "webcodecs", "ffmpeg-native"]);
export type Engine = z.infer<typeof engineSchema>;

/** One movie fragment (moof + mdat) of a media segment. I-frame playlists name such fragments by byte range. */
export const fragmentSchema = z.object({
  offsetBytes: z.number(),
  sizeBytes: z.number(),
  /** From the start of the moof to the end of its first sample (a key frame); 0 for audio. */
  keyFrameBytes: z.number(),
  durationTicks: z.number(),
});
export type Fragment = z.infer<typeof fragmentSchema>;

/**
 * How a result was verified.
 * - `hash`: a trusted lease holder made it a second time, with the same bytes.
 * - `picture`: a trusted lease holder decoded it and compared it with the source.
 * - `sampled`: this result was not proven, but a random sample of results of its link was.
 * - `evidence`: a contributor of another link and network made the same bytes. No trusted lease holder checked it.
 * - `gate`: a trusted lease holder made it; or a contributor made it, and only its form was checked.
 */
export const verifiedSchema = z.enum(["gate", "hash", "picture", "sampled", "evidence"]);
export type Verified = z.infer<typeof verifiedSchema>;

/** How a segment was made and verified, and by whom. */
export const provenanceSchema = z.object({
  holder: z.string(),
  role: z.enum(["owner", "contributor", "server"]),
  engine: engineSchema,
  attempt: z.int(),
  encodeMs: z.number(),
  verified: verifiedSchema,
});

/** A media segment that passed the gate. */
export const acceptedSegmentSchema = z.object({
  rendition: z.string(),
  segment: z.int(),
  /** Object keys of the media segment and of its init segment. */
  key: z.string(),
  initKey: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  /** In ticks of TICKS_PER_SECOND. For audio, converted from samples and rounded. */
  durationTicks: z.number(),
  frames: z.int(),
  fragments: z.array(fragmentSchema),
  /** RFC 6381, from the init segment ("avc1.64001f", "mp4a.40.2"). */
  codec: z.string(),
  provenance: provenanceSchema,
});
export type AcceptedSegment = z.infer<typeof acceptedSegmentSchema>;

/** Number of frames. */
export function segmentFrames(segment: Segment): number {
  return segment.durations.reduce((frames, [n]) => frames + n, 0);
}

/** In ticks of 1/90000 s. */
export function segmentDurationTicks(segment: Segment): number {
  return segment.durations.reduce((ticks, [n, each]) => ticks + n * each, 0);
}

/** Share of the bit rate that a run of segments gets: its `rateShare`s, averaged by duration. */
export function runRateShare(segments: readonly Segment[]): number {
  let [shared, total] = [0, 0];
  for (const segment of segments) {
    const durationTicks = segmentDurationTicks(segment);
    total += durationTicks;
    shared += durationTicks * (segment.rateShare ?? 1);
  }
  return total === 0 ? 1 : shared / total;
}

/** Durations one by one, in ticks. */
export function expandDurations(durations: SampleDurations): number[] {
  return durations.flatMap(([n, each]) => Array<number>(n).fill(each));
}

/** [count, ticks each] for every run of equal durations. */
export function runLengthDurations(each: readonly number[]): SampleDurations {
  const runs: SampleDurations = [];
  for (const durationTicks of each) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === durationTicks) last[0] += 1;
    else runs.push([1, durationTicks]);
  }
  return runs;
}

/**
 * Index f(t) of the first AAC frame that starts at or after time t. Segment k has the frames from f(start of k) to
 * before f(start of k + 1).
 */
export function audioFrameAt(atTicks: number, sampleRate: number): number {
  return Math.ceil((atTicks * sampleRate) / (TICKS_PER_SECOND * AAC_FRAME_SAMPLES));
}
