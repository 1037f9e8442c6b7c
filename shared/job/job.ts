import { z } from "zod";
import { END_STATES, type EndState, hasEnded } from "./job-state.ts";
import { noticeSchema } from "./notice.ts";
import { TICKS_PER_SECOND } from "./ticks.ts";
import { trimSchema } from "./trim.ts";

/**
 * The data types of Tributary: source, rendition, segment, task, job. Schemas first, types from them,
 * because all of these cross a trust boundary (a page sends them, the edge stores and serves them).
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

export const videoFactsSchema = z.object({
  /** RFC 6381 string where known, else the codec's short name ("mpeg4"). */
  codec: z.string().max(100),
  /** Stored picture. */
  width: z.int().min(1).max(16_384),
  height: z.int().min(1).max(16_384),
  /** As shown: after sample aspect ratio and rotation. */
  displayWidth: z.int().min(1).max(16_384),
  displayHeight: z.int().min(1).max(16_384),
  /** Degrees clockwise to turn the stored picture for display. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  /** Frames that are shown (edit lists applied, before `frameStep`). */
  frames: count,
  /** Average, frames a second. */
  frameRate: z.number().positive().max(1000),
  interlaced: z.boolean(),
  bitDepth: z.int().min(8).max(16),
  /** Transfer: "pq" and "hlg" are HDR and get tone-mapped. */
  transfer: z.enum(["sdr", "pq", "hlg"]),
  /** In ffmpeg's names, by the first pictures' headers or else the container; absent where unknown. */
  colour: z
    .object({ primaries: colourName, transfer: colourName, matrix: colourName })
    .partial()
    .optional(),
  /** Every n-th frame is kept, so that the output stays at 60 frames a second or less. */
  frameStep: z.int().min(1).max(16),
  /** Average rate of the source's pictures; what is held counts as often as it has to be encoded. */
  bitsPerSecond: z.number().positive().optional(),
  /** To be mirrored, left and right, after it is turned: front cameras. */
  mirrored: z.boolean().optional(),
  /** Some pictures have another shape than `displayWidth` to `displayHeight`: they get borders. */
  mixedShapes: z.boolean().optional(),
  /** All planned frames last equally long, within `EVEN_WITHIN_TICKS`; set by `planJob`. */
  evenFrames: z.boolean().optional(),
});
export type VideoFacts = z.infer<typeof videoFactsSchema>;

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
  /** Where it is heard, in order, when an edit list hides part of it; silence elsewhere. */
  heard: z
    .array(z.object({ startTicks: ticks, endTicks: ticks }))
    .max(1000)
    .optional(),
  /** Its channels or codec change on the way; what is stated of them is of the beginning. */
  mixedFormats: z.boolean().optional(),
  /** Average rate of the source's packets; absent where it was read by a build that did not look. */
  bitsPerSecond: z.number().positive().optional(),
});
export type AudioFacts = z.infer<typeof audioFactsSchema>;

/** A track of subtitles in the source. */
export const subtitleFactsSchema = z.object({
  /** "subrip", "ass", "mov_text", "hdmv_pgs_subtitle", ..., or as the container writes it. */
  codec: z.string().max(100),
  /** BCP 47; "und" where unknown. */
  language: z.string().max(35),
  title: z.string().max(200).nullable(),
  /** Text of a kind that is carried over; the rest is left out. */
  isText: z.boolean(),
});
export type SubtitleFacts = z.infer<typeof subtitleFactsSchema>;

export const sourceFactsSchema = z.object({
  name: z.string().min(1).max(255),
  sizeBytes: z.int().min(1),
  /** Hex SHA-256 over size, first and last MiB: tells whether the same file was picked again. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Container's short name: "mp4", "mov", "matroska", "webm", "mpegts", "flv", "avi", ... */
  container: z.string().max(40),
  /** From the first visible frame to the end of the last; of the part, where it is trimmed. */
  durationTicks: positiveTicks,
  /** Which part of the file all of this is about; absent: the whole file. */
  trim: trimSchema.optional(),
  video: videoFactsSchema,
  audio: z.array(audioFactsSchema).max(16),
  /** Absent in jobs of builds that did not look for subtitles. */
  subtitles: z.array(subtitleFactsSchema).max(64).optional(),
  /** Plain sentences on what will be missing or different; shown to people, kept in the status. */
  warnings: z.array(z.string().max(500)).max(20),
  /** The same with codes and times. */
  notices: z.array(noticeSchema).max(20).default([]),
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;

/** "v480", "a0": also a folder name in storage and in playlist addresses. */
export const renditionIdSchema = z.string().regex(/^[av][a-z0-9-]{1,20}$/);

const codePoint = z.int().min(0).max(255);
/** Base64 of a parameter set, which is some thirty bytes. */
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
  /** H.264 level times ten (ITU-T H.264 table A-1): 31 is level 3.1. Profile is High. */
  level: z.int().min(10).max(62),
  /**
   * Parameter sets that the init segment, shared by all engines, holds besides x264's (`cmaf/planned-init.ts`).
   * Absent in plans from before protocol version 4: there each engine brings an init segment of its own.
   */
  parameterSets: z
    .object({
      /** Code points of ISO/IEC 23091-2. */
      colour: z.object({ primaries: codePoint, transfer: codePoint, matrix: codePoint }),
      /** Parameter sets of the encoder of the owner's browser; null where no browser's encoder takes part. */
      browser: encoderSetsSchema.nullable(),
      /** How long the longest picture is shown, where that is long; see `SLOW_TICKS` of `plan/segments.ts`. */
      longestTicks: z.int().positive().optional(),
    })
    .optional(),
});
export type VideoRendition = z.infer<typeof videoRenditionSchema>;

export const audioRenditionSchema = z.object({
  id: renditionIdSchema,
  kind: z.literal("audio"),
  /** `AudioFacts.track` it is made from. */
  track: z.int().min(0).max(63),
  sampleRate: z.int().min(8000).max(48_000),
  /** 1, 2, or 6 for 5.1, which stands beside the stereo of the same track. */
  channels: z.int().min(1).max(6),
  bitsPerSecond: z.int().min(16_000).max(512_000),
  language: z.string().max(35),
  name: z.string().min(1).max(200),
  isDefault: z.boolean(),
  /** Its loudness is changed: by how much, linear, and what was measured before. Absent: it stays as it is. */
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
 * Bounds of a segment's share of a bit rate: above, what players' buffers are planned for; below, what
 * still looks right where the source's own encoder saved too much.
 */
export const RATE_SHARE = { least: 0.5, most: 1.25 } as const;

export const segmentSchema = z.object({
  index: z.int().min(0).max(100_000),
  startTicks: z.int().min(0),
  /** Durations of the frames in presentation order; their sum is the segment's duration. */
  durations: sampleDurationsSchema,
  /** Share of the video renditions' bit rates that this segment gets; default: 1. */
  rateShare: z.number().min(RATE_SHARE.least).max(RATE_SHARE.most).optional(),
  /**
   * Its first frame repeats the last one before it, because the source shows a frame for longer than a
   * segment. The repeated frame does not count among the source's frames.
   */
  repeatsFrame: z.boolean().optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** Work for one lease: a run of segments of all (or a group of) video renditions, or of one audio rendition. */
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
  /** Every (segment, rendition) pair is in exactly one task. Sorted by need: what plays first comes first. */
  tasks: z.array(taskSchema).min(1).max(60_000),
});
export type JobPlan = z.infer<typeof jobPlanSchema>;

const jobSettings = {
  /** Chunks go to storage as fast as they can: once all are there, the owner may leave. */
  stageAll: z.boolean(),
  /** When servers of this deployment take part; `when-needed`: others are gone, or one is far behind. */
  servers: z.enum(["never", "when-needed", "always"]),
  /**
   * Whether contributors' results are made a second time by somebody trusted and compared:
   * never, by chance that falls with agreement, or each of them.
   */
  verify: z.enum(["off", "adaptive", "all"]),
  /**
   * With `adaptive`, what becomes of contributors' results once everything is made and nobody trusted is
   * here to verify them: they wait for the owner or a server, or they are published all the same.
   */
  unverified: z.enum(["wait", "publish"]),
};

/** Settings of a job that its owner chooses when it is created, or later. */
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

/** How bytes were made. */
export const engineSchema = z.enum(["ffmpeg-wasm", "webcodecs", "ffmpeg-native"]);
export type Engine = z.infer<typeof engineSchema>;

/** One movie fragment (moof + mdat) of a media segment, for byte ranges and I-frame playlists. */
export const fragmentSchema = z.object({
  offsetBytes: z.number(),
  sizeBytes: z.number(),
  /** From the start of the moof to the end of its first sample (a key frame); 0 for audio. */
  keyFrameBytes: z.number(),
  durationTicks: z.number(),
});
export type Fragment = z.infer<typeof fragmentSchema>;

/**
 * How a result was verified. Proven by somebody trusted: `hash` (made a second time, the same bytes),
 * `picture` (decoded and compared with the source). `sampled`: not this one, but others of its link, drawn
 * by lot, were proven. `evidence`: a helper of another link and network made the same, and nobody trusted
 * looked. `gate`: made by somebody trusted; of a helper's, nothing but its form was checked.
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
  /** Object key of the media segment, and of the init segment it needs. */
  key: z.string(),
  initKey: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  /** In ticks of TICKS_PER_SECOND, audio converted and rounded. */
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

/** Share of the asked bit rate that a run of segments gets by their `rateShare`s. */
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

/** First AAC frame whose start is at or after a time; segment k owns the frames [f(start_k), f(start_k+1)). */
export function audioFrameAt(atTicks: number, sampleRate: number): number {
  return Math.ceil((atTicks * sampleRate) / (TICKS_PER_SECOND * AAC_FRAME_SAMPLES));
}
