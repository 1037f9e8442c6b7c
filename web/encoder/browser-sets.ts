import { BROWSER_SET_ID, encoderSets } from "../../shared/h264/encoder-sets.ts";
import { toWireError } from "../../shared/job/errors.ts";
import type { EncoderSets, JobPlan, VideoRendition } from "../../shared/job/job.ts";
import { notice } from "../../shared/job/notice.ts";
import { outputFrameRate } from "../../shared/plan/ladder.ts";
import { colourSpace } from "./engines/webcodecs/decoded-colour.ts";
import { RungEncoder } from "./engines/webcodecs/rung-encoder.ts";

/** Some encoders give their parameter sets only with the second picture. */
const PICTURES = 2;

/**
 * A plan in which this browser's encoder takes part: each rendition's init segment holds the parameter sets that the
 * encoder writes for pictures of that size, rate and colour. Where the encoder cannot take part, a notice in the plan
 * says so, and ffmpeg makes all pictures.
 */
export async function withBrowserSets(plan: JobPlan): Promise<JobPlan> {
  const frameRate = outputFrameRate(plan.source.video);
  try {
    const video = [];
    // One after the other: some devices have few encoders.
    for (const rendition of plan.video) {
      video.push(withSets(rendition, await setsOf(rendition, frameRate)));
    }
    return { ...plan, video };
  } catch (thrown) {
    console.info("The browser's encoder is left out:", thrown);
    return withoutBrowser(plan, toWireError(thrown).message);
  }
}

/** A plan without the browser's encoder; a notice in it gives the reason. */
export function withoutBrowser(plan: JobPlan, reason: string): JobPlan {
  const left = notice(
    "ENCODER_LEFT_OUT",
    `This browser's encoder cannot take part, so that making the video takes longer: ${reason}`,
  );
  const { source } = plan;
  // A plan holds 20 at most.
  const notices = [left, ...source.notices].slice(0, 20);
  const warnings = [left.message, ...source.warnings].slice(0, 20);
  return { ...plan, source: { ...source, notices, warnings } };
}

/** Whether the plan has no browser's parameter sets, so that ffmpeg makes all renditions. */
export function isWithoutBrowser({ video }: JobPlan): boolean {
  return video.every(({ parameterSets }) => parameterSets?.browser == null);
}

function withSets(rendition: VideoRendition, browser: EncoderSets | null): VideoRendition {
  const { parameterSets } = rendition;
  if (parameterSets === undefined) return rendition;
  if (browser === null)
    throw new Error("Its parameter sets cannot stand beside another encoder's.");
  return { ...rendition, parameterSets: { ...parameterSets, browser } };
}

/**
 * Parameter sets that the encoder writes for a rendition, found by encoding two grey pictures.
 * @returns null where they cannot stand in an init segment beside another encoder's
 * @throws TributaryError ENCODE_FAILED; Error where there is no such encoder
 */
async function setsOf(
  { parameterSets, ...rendition }: VideoRendition,
  frameRate: number,
): Promise<EncoderSets | null> {
  if (parameterSets === undefined) return null;
  const { width, height } = rendition;
  const { colour } = parameterSets;
  const durationsSeconds = new Array<number>(PICTURES).fill(1 / frameRate);
  const plan = { rendition, rateShare: 1, frameRate, durationsSeconds, colour };
  const encoder = new RungEncoder(plan, () => {});
  const grey = new Uint8Array((width * height * 3) / 2).fill(128);
  try {
    for (let index = 0; index < PICTURES; index++) {
      const frame = new VideoFrame(grey, {
        format: "I420",
        codedWidth: width,
        codedHeight: height,
        timestamp: Math.round((index * 1e6) / frameRate),
        colorSpace: colourSpace(colour),
      });
      encoder.encode(frame, index === 0);
      frame.close();
    }
    return encoderSets((await encoder.finish()).avcConfig, BROWSER_SET_ID, {
      level: rendition.level,
      colours: colour,
    });
  } finally {
    encoder.close();
  }
}
