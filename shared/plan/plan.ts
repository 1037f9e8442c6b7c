import { PICTURES_ON_GRID } from "../cmaf/decode-clock.ts";
import { looksCopyable } from "../encode/audio-copy.ts";
import { planColour } from "../encode/colour.ts";
import type { AudioRendition, JobPlan, Segment, SourceFacts, VideoRendition } from "../job/job.ts";
import { messagesOf, type Notice, notice } from "../job/notice.ts";
import { EVEN_WITHIN_TICKS } from "../job/ticks.ts";
import { planAudio } from "./audio.ts";
import { AUDIO_KILOBITS, type AudioChoice, LOUDNESS_TARGET } from "./audio-choice.ts";
import { planLadder } from "./ladder.ts";
import { checkPlanSize } from "./limits.ts";
import { withRateShares } from "./rate-shares.ts";
import type { LadderRung } from "./rungs.ts";
import { type FrameTimeline, longestTicks, planSegments } from "./segments.ts";
import { usefulKilobits } from "./source-rate.ts";
import { planTasks } from "./tasks.ts";

export { outputSampleRate, planAudio } from "./audio.ts";
export { frameStepFor, planLadder } from "./ladder.ts";
export { type LadderRung, parseLadder } from "./rungs.ts";
export {
  FIRST_SEGMENT_TICKS,
  type FrameTimeline,
  planSegments,
  TARGET_SEGMENT_TICKS,
} from "./segments.ts";
export { planTasks } from "./tasks.ts";
export { validatePlan } from "./validate.ts";

/**
 * Plans a whole job: the renditions, the segments, and the tasks in their order.
 * @param rungs default: by the source's size
 * @param slots see `planTasks`
 * @throws TributaryError LADDER_INVALID, SOURCE_TOO_LARGE
 */
export function planJob(
  facts: SourceFacts,
  timeline: FrameTimeline,
  rungs?: readonly LadderRung[],
  slots = 1,
  choice: AudioChoice = {},
): JobPlan {
  const { tags: colour } = planColour(facts.video.colour ?? {}, facts.video);
  const cuts = planSegments(timeline, facts.video.frameStep);
  const parameterSets = { colour, browser: null, longestTicks: longestTicks(cuts) };
  const audio = planAudio(facts, choice);
  const video = planLadder(facts, rungs, audio).map((rendition) => ({
    ...rendition,
    parameterSets,
  }));
  const segments = withRateShares(cuts, segmentBytes(cuts, timeline));
  const tasks = planTasks(segments, video, audio, timeline, slots);
  checkPlanSize({ segments, video, audio, tasks });
  const wasted = rungs === undefined ? [] : wastedBits(facts, video);
  const kept =
    (choice.kilobitsPerSecond ?? AUDIO_KILOBITS.usual) === AUDIO_KILOBITS.usual
      ? []
      : keptAudio(facts, audio);
  const more = [...wasted, ...kept, ...changedLoudness(audio, choice)];
  const notices = [...facts.notices, ...more];
  const warnings = [...facts.warnings, ...messagesOf(more)];
  const evenFrames = areEven(segments);
  const roundedPictures = evenFrames ? 0 : PICTURES_ON_GRID;
  const planned = { ...facts.video, evenFrames, roundedPictures };
  const source = { ...facts, warnings, notices, video: planned };
  return { source, video, audio, segments, tasks };
}

/** A chosen rung gets a notice when its bit rate is more than this many times the useful one. */
const WASTE = 2;

/** A notice when renditions of a chosen ladder have far more bits than the source makes use of. */
function wastedBits({ video }: SourceFacts, renditions: readonly VideoRendition[]): Notice[] {
  const wasted = renditions.filter(({ width, height, bitsPerSecond }) => {
    return bitsPerSecond > WASTE * 1000 * usefulKilobits(video, Math.min(width, height));
  });
  const [first] = wasted;
  if (first === undefined) return [];
  const shortSide = Math.min(first.width, first.height);
  const useful = Math.max(1, Math.round(usefulKilobits(video, shortSide)));
  return [
    notice(
      "LADDER_WASTES_BITS",
      `The ladder gives ${shortSide}p ${Math.round(first.bitsPerSecond / 1000)} kbit/s; the source has the worth of ${useful}. The result gets larger, not better.`,
    ),
  ];
}

/** A notice when a rate for audio was chosen, but audio may be copied at its own rate. */
function keptAudio(facts: SourceFacts, renditions: readonly AudioRendition[]): Notice[] {
  // A part of a file usually begins between two AAC frames of the source; then audio has to be encoded.
  if ((facts.trim?.startTicks ?? 0) > 0) return [];
  const rates = renditions.flatMap((rendition) => {
    const track = facts.audio.find(({ track }) => track === rendition.track);
    const isKept = track !== undefined && looksCopyable(track, rendition);
    return isKept ? [Math.round((track.bitsPerSecond ?? 0) / 1000)] : [];
  });
  if (rates.length === 0) return [];
  return [
    notice(
      "AUDIO_KEPT",
      `The file's sound is AAC with ${rates.join(" and ")} kbit/s. Where the browser's own codecs do the work, it is kept as it is, because encoding it again would only lose quality.`,
    ),
  ];
}

function changedLoudness(
  audio: readonly AudioRendition[],
  { loudness, measured }: AudioChoice,
): Notice[] {
  if (loudness !== true) return [];
  const { lufs: target, peakDbtp: most } = LOUDNESS_TARGET;
  return audio.map(({ name, track, channels, loudness: change }) => {
    const which = audio.length > 1 ? ` of ${name}${channels > 2 ? " in 5.1" : ""}` : "";
    const { lufs = null } =
      measured?.find((each) => each.track === track && each.channels === channels) ?? {};
    if (lufs === null)
      return notice("LOUDNESS_KEPT", `The sound${which} is silent: its loudness stays.`);
    const found = `The sound${which} has ${lufs.toFixed(1)} LUFS`;
    if (change === undefined)
      return notice("LOUDNESS_KEPT", `${found} already, and stays as it is.`);
    const byDb = 20 * Math.log10(change.gain);
    const how = `${Math.abs(byDb).toFixed(1)} dB ${byDb < 0 ? "quieter" : "louder"}`;
    const peaks =
      change.peakDbtp + byDb > most
        ? ` Its peaks (${change.peakDbtp.toFixed(1)} dBTP before) are held at ${most} dBTP.`
        : "";
    return notice("LOUDNESS_CHANGED", `${found} and is made ${how}, for ${target} LUFS.${peaks}`);
  });
}

/** Bytes of the source's frames in each segment; frames that are not kept count, too. */
function segmentBytes(segments: readonly Segment[], timeline: FrameTimeline): number[] {
  const { frameTicks, frameBytes } = timeline;
  let frame = 0;
  return segments.map(({ startTicks }, i) => {
    const endTicks = segments[i + 1]?.startTicks ?? Number.POSITIVE_INFINITY;
    let bytes = 0;
    while (frame < frameTicks.length - 1 && (frameTicks[frame] ?? startTicks) < endTicks) {
      bytes += frameBytes?.[frame] ?? 0;
      frame++;
    }
    return bytes;
  });
}

/** Whether all durations but the last are equal, as far as rounding allows. */
function areEven(segments: readonly Segment[]): boolean {
  const runs = segments.flatMap(({ durations }) => durations);
  const last = runs.at(-1);
  if (last?.[0] === 1) runs.pop();
  let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
  for (const [, ticks] of runs) {
    shortest = Math.min(shortest, ticks);
    longest = Math.max(longest, ticks);
  }
  return longest - shortest <= EVEN_WITHIN_TICKS;
}
