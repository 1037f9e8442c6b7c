import { checkInit } from "../cmaf/check-init.ts";
import { plannedInit } from "../cmaf/planned-init.ts";
import { arePlain } from "../h264/encoder-sets.ts";
import { TributaryError, toWireError } from "../job/errors.ts";
import { type JobPlan, runRateShare, segmentDurationTicks, segmentFrames } from "../job/job.ts";
import { SURROUND_CHANNELS } from "./audio-choice.ts";
import { checkPlanSize } from "./limits.ts";
import { longestTicks, SEGMENT_LIMIT_TICKS } from "./segments.ts";

const RATE_ROUNDING = 0.001;

/**
 * Checks the rules that a plan must follow beyond its schema. The edge does so for each new job, whoever
 * made the plan. Segments cover [0, duration) once, in order; each (segment, rendition) is in one task.
 * @throws TributaryError PLAN_INVALID, SOURCE_TOO_LARGE
 */
export function validatePlan(plan: JobPlan): void {
  checkPlanSize(plan);
  checkSource(plan);
  checkRenditions(plan);
  checkSegments(plan);
  checkTasks(plan);
}

function refuse(message: string): never {
  throw new TributaryError("PLAN_INVALID", message);
}

function checkSource({ source }: JobPlan): void {
  const { trim, durationTicks } = source;
  if (trim !== undefined) {
    if (trim.endTicks > trim.sourceDurationTicks) refuse("The part ends after the source.");
    if (trim.endTicks - trim.startTicks !== durationTicks)
      refuse("The part is not as long as the video.");
  }
  const tracks = new Set(source.audio.map((track) => track.track));
  if (tracks.size !== source.audio.length) refuse("Two audio tracks have the same number.");
  if (source.video.frames === 0) refuse("The source shows no frame.");
}

function checkRenditions(plan: JobPlan): void {
  const { source, video, audio } = plan;
  const ids = new Set<string>();
  for (const { id } of [...video, ...audio]) {
    if (ids.has(id)) refuse(`Two renditions are called ${id}.`);
    ids.add(id);
  }
  const { displayWidth, displayHeight } = source.video;
  for (const { id, width, height } of video) {
    if (!id.startsWith("v")) refuse(`${id} is no name for a video rendition.`);
    // One pixel of grace: an odd size is rounded to an even one.
    if (width > displayWidth + 1 || height > displayHeight + 1)
      refuse(`${id} is larger than the source.`);
    if (
      Math.abs(width * displayHeight - height * displayWidth) >
      2 * Math.max(displayWidth, displayHeight)
    ) {
      refuse(`${id} has another aspect than the source.`);
    }
  }
  checkParameterSets(plan);
  const tracks = new Map(source.audio.map((track) => [track.track, track]));
  const used = new Set<string>();
  for (const { id, track, channels } of audio) {
    if (!id.startsWith("a")) refuse(`${id} is no name for an audio rendition.`);
    if (channels > 2 && channels !== SURROUND_CHANNELS)
      refuse(`${id} has ${channels} channels; 1, 2 and 6 are made.`);
    if (!tracks.has(track)) refuse(`${id} is made from a track that is not there.`);
    const use = `${track} ${channels > 2 ? "in 5.1" : ""}`;
    if (used.has(use)) refuse(`Track ${track} is used twice.`);
    used.add(use);
  }
  if (audio.length > 0 && audio.filter((rendition) => rendition.isDefault).length !== 1) {
    refuse("Just one audio rendition is the default.");
  }
  const plain = audio.filter(({ channels }) => channels <= 2);
  if (
    audio.some(({ channels, track }) => channels > 2 && !plain.some((one) => one.track === track))
  ) {
    refuse("A track in 5.1 needs stereo beside it.");
  }
  if (new Set(plain.map((rendition) => rendition.name)).size !== plain.length) {
    refuse("Two audio renditions have the same name.");
  }
}

/** Checks that the gate would accept each planned init segment, and that all renditions have the same colours. */
function checkParameterSets({ video, segments }: JobPlan): void {
  const stated = new Set(video.map(({ parameterSets }) => JSON.stringify(parameterSets?.colour)));
  if (stated.size > 1) refuse("The renditions have different colours.");
  const longest = longestTicks(segments);
  for (const rendition of video) {
    const { id, parameterSets } = rendition;
    if (parameterSets === undefined) continue;
    // Plans from before protocol version 5 do not state it.
    if (![undefined, longest].includes(parameterSets.longestTicks))
      refuse(`${id} states another picture as the longest.`);
    try {
      const init = plannedInit(rendition);
      if (init !== null) checkInit(init, rendition);
    } catch (thrown) {
      refuse(`The parameter sets of ${id} cannot be used: ${toWireError(thrown).message}`);
    }
    const { browser, colour } = parameterSets;
    const said = { level: rendition.level, colours: colour };
    if (browser !== null && !arePlain(browser, said))
      refuse(`The parameter sets of ${id} are not those of one browser's encoder.`);
  }
}

function checkSegments({ source, segments }: JobPlan): void {
  let atTicks = 0;
  let frames = 0;
  for (const [i, segment] of segments.entries()) {
    if (segment.index !== i) refuse(`Segment ${i} has index ${segment.index}.`);
    if (segment.startTicks !== atTicks)
      refuse(`Segment ${i} does not start where the one before it ends.`);
    const durationTicks = segmentDurationTicks(segment);
    if (durationTicks >= SEGMENT_LIMIT_TICKS && segmentFrames(segment) > 1)
      refuse(`Segment ${i} is too long.`);
    atTicks += durationTicks;
    const repeats = segment.repeatsFrame === true;
    if (repeats && i === 0) refuse("The first segment has no frame to repeat.");
    frames += segmentFrames(segment) - (repeats ? 1 : 0);
  }
  if (atTicks !== source.durationTicks)
    refuse("The segments do not add up to the source's duration.");
  if (runRateShare(segments) > 1 + RATE_ROUNDING)
    refuse("The segments share out more than all bits.");
  if (frames !== Math.ceil(source.video.frames / source.video.frameStep)) {
    refuse("The segments do not hold the source's frames.");
  }
}

function checkTasks({ segments, video, audio, tasks }: JobPlan): void {
  const kindOf = new Map<string, "video" | "audio">(
    [...video, ...audio].map(({ id, kind }) => [id, kind]),
  );
  const ids = new Set<string>();
  const covered = new Map<string, Uint8Array>();
  for (const id of kindOf.keys()) covered.set(id, new Uint8Array(segments.length));
  for (const task of tasks) {
    if (ids.has(task.id)) refuse(`Two tasks are called ${task.id}.`);
    ids.add(task.id);
    const end = task.firstSegment + task.segmentCount;
    if (end > segments.length) refuse(`Task ${task.id} goes beyond the last segment.`);
    const rest = segments.slice(task.firstSegment + 1, end);
    if (task.kind === "video" && rest.some((segment) => segment.repeatsFrame === true))
      refuse(`Task ${task.id} would need a frame twice.`);
    if (task.kind === "audio" && task.renditions.length !== 1) {
      refuse(`Task ${task.id} makes more than one audio rendition.`);
    }
    for (const rendition of task.renditions) {
      if (kindOf.get(rendition) !== task.kind)
        refuse(`Task ${task.id} has no ${task.kind} rendition ${rendition}.`);
      const done = covered.get(rendition) ?? new Uint8Array(0);
      for (let i = task.firstSegment; i < end; i++) {
        if (done[i] === 1) refuse(`Segment ${i} of ${rendition} is in two tasks.`);
        done[i] = 1;
      }
    }
  }
  for (const [rendition, done] of covered) {
    const missing = done.indexOf(0);
    if (missing !== -1) refuse(`Segment ${missing} of ${rendition} is in no task.`);
  }
}
