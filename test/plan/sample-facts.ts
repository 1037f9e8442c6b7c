import type { AudioFacts, JobPlan } from "../../shared/job/job.ts";
import type { AudioChoice } from "../../shared/plan/audio-choice.ts";
import { planJob } from "../../shared/plan/plan.ts";

/** An audio track of two seconds: AAC-LC in stereo. @param audio fields to replace */
export function factsOf(audio: Partial<AudioFacts>): AudioFacts {
  return {
    ...{ track: 0, codec: "mp4a.40.2", channels: 2, sampleRate: 48_000, language: "en" },
    ...{ title: null, isDefault: true, startTicks: 0, durationTicks: 180_000 },
    ...audio,
  };
}

/** The plan of a 720p video of two seconds with one audio track. */
export function planOf(audio: AudioFacts, choice?: AudioChoice): JobPlan {
  const frameTicks = Array.from({ length: 51 }, (_, frame) => frame * 3600);
  const video = {
    ...{ codec: "avc1.64001f", width: 1280, height: 720, displayWidth: 1280, displayHeight: 720 },
    ...{ frames: 50, frameRate: 25, interlaced: false, bitDepth: 8, frameStep: 1 },
    ...{ rotation: 0 as const, transfer: "sdr" as const },
  };
  const source = {
    ...{ name: "clip.mp4", sizeBytes: 1000, fingerprint: "0".repeat(64), container: "mp4" },
    ...{ durationTicks: 180_000, video, audio: [audio], warnings: [], notices: [] },
  };
  return planJob(source, { frameTicks, keyTicks: [0] }, undefined, 1, choice);
}
