import { TributaryError } from "../job/errors.ts";
import { type AcceptedSegment, TICKS_PER_SECOND } from "../job/job.ts";
import type { Stretch } from "./bit-rate.ts";
import { type PlaylistInput, published } from "./input.ts";
import { findRendition, mediaHead } from "./media.ts";
import { extinfs, objectUri, playlistText } from "./tags.ts";

/** A key frame: a byte range of its media segment. It is shown until the next key frame. */
interface KeyFrame {
  segment: AcceptedSegment;
  offsetBytes: number;
  sizeBytes: number;
  durationTicks: number;
}

/**
 * `<rendition>/iframes.m3u8` (RFC 8216, 4.3.3.6), for scrubbing and fast playback. Each entry is the start of a
 * fragment: its moof and its first sample.
 * @throws TributaryError NOT_FOUND when the job has no such video rendition
 */
export function renderIFrames(input: PlaylistInput, renditionId: string): string {
  if (findRendition(input, renditionId).kind !== "video") {
    throw new TributaryError("NOT_FOUND", "Only video has I-frames.");
  }
  const now = published(input);
  const frames = keyFrames(now.byRendition.get(renditionId) ?? []);
  const durations = extinfs(
    frames.map(({ durationTicks }) => durationTicks),
    TICKS_PER_SECOND,
  );

  const lines = [...mediaHead(input, now), "#EXT-X-I-FRAMES-ONLY"];
  let before: AcceptedSegment | null = null;
  frames.forEach(({ segment, offsetBytes, sizeBytes }, index) => {
    if (segment !== before && now.discontinuities.has(segment.segment))
      lines.push("#EXT-X-DISCONTINUITY");
    if (segment.initKey !== before?.initKey)
      lines.push(`#EXT-X-MAP:URI="${objectUri(segment.initKey)}"`);
    lines.push(
      durations[index] ?? "",
      `#EXT-X-BYTERANGE:${sizeBytes}@${offsetBytes}`,
      objectUri(segment.key),
    );
    before = segment;
  });
  if (now.hasEnd) lines.push("#EXT-X-ENDLIST");
  return playlistText(lines);
}

/** Durations and sizes of the key frames, for BANDWIDTH of EXT-X-I-FRAME-STREAM-INF. */
export function keyFrameStretches(segments: readonly AcceptedSegment[]): Stretch[] {
  return keyFrames(segments).map(({ durationTicks, sizeBytes }) => ({
    seconds: durationTicks / TICKS_PER_SECOND,
    sizeBytes,
  }));
}

function keyFrames(segments: readonly AcceptedSegment[]): KeyFrame[] {
  return segments.flatMap((segment) =>
    segment.fragments
      .filter(({ keyFrameBytes }) => keyFrameBytes > 0)
      .map(({ offsetBytes, keyFrameBytes, durationTicks }) => ({
        segment,
        offsetBytes,
        sizeBytes: keyFrameBytes,
        durationTicks,
      })),
  );
}
