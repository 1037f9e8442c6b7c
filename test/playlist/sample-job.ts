import fc from "fast-check";
import {
  AAC_FRAME_SAMPLES,
  type AcceptedSegment,
  type AudioRendition,
  audioFrameAt,
  type Engine,
  type Segment,
  segmentDurationTicks,
  segmentFrames,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../../shared/job/job.ts";
import { initKey, mediaKey } from "../../shared/job/object-keys.ts";
import type { PlaylistInput } from "../../shared/playlist/index.ts";

/** For tests of playlists: a planned job, and accepted segments for all of it. */
export interface SampleJob {
  plan: Omit<PlaylistInput, "accepted" | "ended">;
  /** One for each rendition and segment, in the order of segments. */
  all: AcceptedSegment[];
}

const RATES: [frames: number, ticks: number][] = [
  [24, 3750],
  [25, 3600],
  [30, 3000],
  // 29.97 and 23.976 in whole ticks
  [30, 3003],
  [24, 3754],
  [60, 1500],
];

/** Jobs of 1 to 30 segments of about 6 s, with 1 to 4 video and 0 to 2 audio renditions, by one engine or several. */
export const sampleJobs: fc.Arbitrary<SampleJob> = fc
  .record({
    rate: fc.constantFrom(...RATES),
    seconds: fc.array(fc.double({ min: 2, max: 6.49, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    }),
    video: fc.integer({ min: 1, max: 4 }),
    audioRates: fc.array(fc.constantFrom(44_100, 48_000), { maxLength: 2 }),
    engines: fc.array(fc.constantFrom<Engine>("ffmpeg-wasm", "webcodecs", "ffmpeg-native"), {
      minLength: 1,
      maxLength: 30,
    }),
    bytesPerSecond: fc.array(fc.integer({ min: 2_000, max: 900_000 }), {
      minLength: 1,
      maxLength: 30,
    }),
  })
  .map(({ rate, seconds, video, audioRates, engines, bytesPerSecond }) => {
    const plan = {
      video: Array.from({ length: video }, (_, index) => videoRendition(index)),
      audio: audioRates.map((sampleRate, index) => audioRendition(index, sampleRate)),
      segments: segmentsOf(rate, seconds),
    };
    const all = plan.segments.flatMap((segment) => {
      const engine = engines[segment.index % engines.length] ?? "ffmpeg-wasm";
      const bytes = bytesPerSecond[segment.index % bytesPerSecond.length] ?? 2_000;
      return [
        ...plan.video.map((rendition) => acceptedVideo(rendition, segment, engine, bytes)),
        ...plan.audio.map((rendition) => acceptedAudio(rendition, segment)),
      ];
    });
    return { plan, all };
  });

/** The rendition for a place in the ladder: 480p, 360p, 240p, 144p. */
export function videoRendition(index: number): VideoRendition {
  const height = [480, 360, 240, 144][index] ?? 144;
  const bitsPerSecond = [1_400_000, 800_000, 400_000, 145_000][index] ?? 145_000;
  const width = Math.round((height * 16) / 18) * 2;
  return { id: `v${height}`, kind: "video", width, height, bitsPerSecond, level: 31 };
}

export function audioRendition(index: number, sampleRate: number): AudioRendition {
  return {
    id: `a${index}`,
    kind: "audio",
    track: index,
    sampleRate,
    channels: 2,
    bitsPerSecond: 128_000,
    language: index === 0 ? "en" : "de",
    name: index === 0 ? "English" : "Deutsch",
    isDefault: index === 0,
  };
}

/** Segments of these lengths in seconds, rounded down to whole frames of `ticksPerFrame` ticks. */
export function segmentsOf(
  [, ticksPerFrame]: [frames: number, ticks: number],
  seconds: readonly number[],
): Segment[] {
  let startTicks = 0;
  return seconds.map((each, index) => {
    const frames = Math.max(1, Math.floor((each * TICKS_PER_SECOND) / ticksPerFrame));
    const segment: Segment = { index, startTicks, durations: [[frames, ticksPerFrame]] };
    startTicks += frames * ticksPerFrame;
    return segment;
  });
}

/** An accepted video segment. @param bytesPerSecond its rate, to which 1,000 bytes for each segment are added */
export function acceptedVideo(
  rendition: VideoRendition,
  segment: Segment,
  engine: Engine,
  bytesPerSecond: number,
): AcceptedSegment {
  const durationTicks = segmentDurationTicks(segment);
  const sizeBytes = Math.ceil((durationTicks / TICKS_PER_SECOND) * bytesPerSecond) + 1_000;
  // A key frame every 2 s: fragments of nearly equal size.
  const count = Math.ceil(durationTicks / (2 * TICKS_PER_SECOND));
  const fragments = Array.from({ length: count }, (_, n) => {
    const [from, to] = [n, n + 1].map((at) => Math.floor((sizeBytes * at) / count)) as [
      number,
      number,
    ];
    const [start, end] = [n, n + 1].map((at) => Math.floor((durationTicks * at) / count)) as [
      number,
      number,
    ];
    return {
      offsetBytes: from,
      sizeBytes: to - from,
      keyFrameBytes: Math.floor((to - from) / 2),
      durationTicks: end - start,
    };
  });
  return {
    ...accepted(rendition.id, segment.index, engine, sizeBytes),
    durationTicks,
    frames: segmentFrames(segment),
    fragments,
    codec: engine === "webcodecs" ? "avc1.4d401f" : "avc1.64001f",
  };
}

/** An accepted audio segment of 15,000 bytes per second. */
export function acceptedAudio(rendition: AudioRendition, segment: Segment): AcceptedSegment {
  const end = segment.startTicks + segmentDurationTicks(segment);
  const frames =
    audioFrameAt(end, rendition.sampleRate) -
    audioFrameAt(segment.startTicks, rendition.sampleRate);
  const seconds = (frames * AAC_FRAME_SAMPLES) / rendition.sampleRate;
  const sizeBytes = Math.ceil(seconds * 15_000);
  const durationTicks = Math.round(seconds * TICKS_PER_SECOND);
  return {
    ...accepted(rendition.id, segment.index, "ffmpeg-wasm", sizeBytes),
    durationTicks,
    frames,
    fragments: [{ offsetBytes: 0, sizeBytes, keyFrameBytes: 0, durationTicks }],
    codec: "mp4a.40.2",
  };
}

function accepted(rendition: string, segment: number, engine: Engine, sizeBytes: number) {
  const md5 = `${"A".repeat(22)}==`;
  const sha256 = `${rendition}${segment}${engine}`
    .split("")
    .map((each) => each.charCodeAt(0).toString(16))
    .join("")
    .padEnd(64, "0")
    .slice(0, 64);
  return {
    rendition,
    segment,
    key: mediaKey("job", rendition, `v-${segment}_1`, { sha256, md5 }),
    initKey: initKey("job", rendition, { sha256: engine.padEnd(64, "0"), md5 }),
    sizeBytes,
    sha256,
    provenance: {
      holder: "h",
      role: "owner" as const,
      engine,
      attempt: 1,
      encodeMs: 1,
      verified: "gate" as const,
    },
  };
}
