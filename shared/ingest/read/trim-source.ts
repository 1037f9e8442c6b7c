import type { AudioFacts, SourceFacts } from "../../job/job.ts";
import { messagesOf, type Notice, notice } from "../../job/notice.ts";
import { TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { Trim } from "../../job/trim.ts";
import type { TrimRange } from "../../job/trim-range.ts";
import { frameStepFor, outputSampleRate } from "../../plan/plan.ts";
import { type FrameRange, framesWithin } from "../../plan/trim.ts";
import { gridStep } from "./audio-positions.ts";
import { framesLeftOut } from "./lost-parts.ts";
import { bitRate, meanFrameRate } from "./rates.ts";
import type { AudioIndex, SourceIndex, VideoIndex } from "./source-index.ts";

/** A source reduced to a part of itself. Plans and chunks follow from it as from any source. */
export interface TrimmedSource {
  facts: SourceFacts;
  index: SourceIndex;
  /** The audio tracks that are heard in the part, by their position in the whole source. */
  keptAudio: number[];
}

/**
 * Reduces a source to a part. Packets keep their places in the file. Their times count from the start of the part
 * and are negative before it, as for packets that an edit list hides.
 * @throws TributaryError TRIM_EMPTY, TRIM_BEYOND_END
 */
export function trimSource(
  whole: { facts: SourceFacts; index: SourceIndex },
  wanted: TrimRange,
): TrimmedSource {
  const range = framesWithin(whole.index.video.frameTicks, wanted);
  const sourceDurationTicks = whole.facts.durationTicks;
  const { startTicks, endTicks } = range;
  const trim: Trim = { startTicks, endTicks, sourceDurationTicks };
  const durationTicks = endTicks - startTicks;
  const video = trimVideo(whole.index.video, range);
  const frameRate = meanFrameRate(video.frameTicks);
  const frameStep = frameStepFor(frameRate);
  const audio: { facts: AudioFacts; index: AudioIndex; position: number }[] = [];
  for (const [position, each] of whole.facts.audio.entries()) {
    const index = whole.index.audio[position];
    const facts = trimAudioFacts(each, trim);
    if (index !== undefined && facts !== null)
      audio.push({ facts, index: trimAudio(index, startTicks), position });
  }
  const silent = whole.facts.audio.length - audio.length;
  const notices = trimNotices(whole.facts.notices, trim);
  if (frameStep > 1) notices.push(framesLeftOut(frameRate, frameStep));
  if (silent > 0) notices.push(silentTracks(silent));
  return {
    facts: {
      ...whole.facts,
      durationTicks,
      trim,
      video: {
        ...whole.facts.video,
        frames: video.framePackets.length,
        frameRate,
        frameStep,
        bitsPerSecond: bitRate(video, durationTicks),
      },
      audio: audio.map(({ facts }) => facts),
      notices,
      warnings: messagesOf(notices),
    },
    index: { video, audio: audio.map(({ index }) => index) },
    keptAudio: audio.map(({ position }) => position),
  };
}

function trimVideo(video: VideoIndex, range: FrameRange): VideoIndex {
  const { firstFrame, endFrame, startTicks, endTicks } = range;
  const framePackets = video.framePackets.slice(firstFrame, endFrame);
  const packetTicks = video.packetTicks.map((at) => at - startTicks);
  const frameTicks = video.frameTicks
    .slice(firstFrame, endFrame + 1)
    .map((at) => Math.max(0, at - startTicks));
  frameTicks[framePackets.length] = endTicks - startTicks;
  // A frame that is on show when the part starts is shown from its start on.
  const [first] = framePackets;
  if (first !== undefined) packetTicks[first] = 0;
  const breakTicks = video.breakTicks
    .map((at) => at - startTicks)
    .filter((at) => at > 0 && at < endTicks - startTicks);
  const zeroSeconds = video.zeroSeconds + startTicks / TICKS_PER_SECOND;
  return { ...video, framePackets, packetTicks, frameTicks, breakTicks, zeroSeconds };
}

/** Shifts by whole samples of the source that are whole samples of the output, too. */
function trimAudio(audio: AudioIndex, startTicks: number): AudioIndex {
  const { sampleRate } = audio;
  const step = gridStep(sampleRate, outputSampleRate(sampleRate));
  const shift = Math.round((startTicks * sampleRate) / TICKS_PER_SECOND / step) * step;
  return { ...audio, packetSamples: audio.packetSamples.map((at) => at - shift) };
}

/** Null: nothing of the track is heard in the part. */
function trimAudioFacts(audio: AudioFacts, trim: Trim): AudioFacts | null {
  const within = (span: { startTicks: number; endTicks: number }) => ({
    startTicks: Math.max(0, span.startTicks - trim.startTicks),
    endTicks: Math.min(trim.endTicks, span.endTicks) - trim.startTicks,
  });
  const { startTicks, durationTicks, heard } = audio;
  const all = within({ startTicks, endTicks: startTicks + durationTicks });
  const spans = heard?.map(within).filter((span) => span.endTicks > span.startTicks);
  if (all.endTicks <= all.startTicks || spans?.length === 0) return null;
  return {
    ...audio,
    startTicks: all.startTicks,
    durationTicks: all.endTicks - all.startTicks,
    ...(spans === undefined ? {} : { heard: spans }),
  };
}

/** The notices that concern the part, with times in it. Times in their sentences stay those of the file. */
function trimNotices(notices: readonly Notice[], trim: Trim): Notice[] {
  const startSeconds = trim.startTicks / TICKS_PER_SECOND;
  const reachesEnd = trim.endTicks >= trim.sourceDurationTicks;
  const endSeconds = reachesEnd ? Number.POSITIVE_INFINITY : trim.endTicks / TICKS_PER_SECOND;
  return notices.flatMap((each) => {
    const { atSeconds } = each;
    // It counts the frames of the whole file; `trimSource` adds a new one.
    if (each.code === "FRAMES_LEFT_OUT") return [];
    if (atSeconds === null) return [each];
    const isBefore = startSeconds > 0 && atSeconds < startSeconds;
    if (isBefore || atSeconds >= endSeconds) return [];
    return [{ ...each, atSeconds: atSeconds - startSeconds }];
  });
}

function silentTracks(count: number): Notice {
  const which = count === 1 ? "A track of sound is" : `${count} tracks of sound are`;
  return notice("TRACKS_LEFT_OUT", `${which} left out: nothing of it is heard in this part.`);
}
