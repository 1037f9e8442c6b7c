import type { Engine } from "../../../shared/job/job.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { HolderView, JobView } from "../../../shared/wire/job-view.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import { keepRate, type MeasuredRates } from "../../saved/upload-choices.ts";

/** Estimates before the work begins how long a video will take, from this device's earlier work. */

/** Output megapixels per second of a device that was never measured: of all cores (webcodecs), of one core (ffmpeg). */
const UNMEASURED = { webcodecs: 150, "ffmpeg-wasm": 25 } as const;

type Measured = keyof MeasuredRates;

/**
 * Seconds from Start to a ready video, made by this tab alone.
 * @param cores number of the device's cores
 */
export function secondsFor(
  inspection: Pick<Inspection, "source" | "video">,
  engine: Engine,
  rates: MeasuredRates,
  cores: number,
): number {
  const kind: Measured = engine === "webcodecs" ? "webcodecs" : "ffmpeg-wasm";
  const unmeasured = UNMEASURED[kind] * (kind === "ffmpeg-wasm" ? Math.min(16, cores) : 1);
  return megapixels(inspection) / (rates[kind] ?? unmeasured);
}

/** Share of a helper's work that saves time, since some of its results are audited. */
const HELPER_WORTH = 2 / 3;
/** Speed of a phone as a share of this device's speed, where no helper was measured. */
const PHONE_SHARE = 0.5;

/**
 * Seconds left with a number of further phones.
 * @param etaSeconds seconds left with the present lease holders
 */
export function secondsWithPhones(
  holders: readonly Pick<HolderView, "role" | "connected" | "speed" | "slots">[],
  etaSeconds: number,
  phones: number,
): number {
  const rates = (isHelper: boolean) =>
    holders
      .filter(({ role, connected, speed }) => {
        return connected && speed !== null && (role === "contributor") === isHelper;
      })
      .map(({ speed, slots }) => (speed ?? 0) * Math.max(1, slots));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [own, helpers] = [sum(rates(false)) || 1, rates(true)];
  const phone = helpers.length === 0 ? own * PHONE_SHARE : sum(helpers) / helpers.length;
  const now = own + HELPER_WORTH * sum(helpers);
  return (etaSeconds * now) / (now + HELPER_WORTH * phone * phones);
}

/** Pixels of all frames of all renditions, in millions. */
function megapixels({ source, video }: Pick<Inspection, "source" | "video">): number {
  const seconds = source.durationTicks / TICKS_PER_SECOND;
  const frames = (seconds * source.video.frameRate) / Math.max(1, source.video.frameStep);
  return video.reduce((sum, { width, height }) => sum + width * height, 0) * frames * 1e-6;
}

/** Shorter videos are not measured: a large part of them was made before Start was pressed. */
const TELLING_SECONDS = 60;

/** Stores the speed of this device that a ready video shows, where no other lease holder worked on it. */
export function learnFrom(inspection: Inspection, job: JobView): void {
  const seconds = job.durationTicks / TICKS_PER_SECOND;
  if (job.endedAtMs === null || seconds < TELLING_SECONDS) return;
  if (job.holders.some(({ role }) => role !== "owner")) return;
  const { pictureEngine } = inspection;
  if (pictureEngine !== "webcodecs" && pictureEngine !== "ffmpeg-wasm") return;
  const tookSeconds = (job.endedAtMs - job.createdAtMs) / 1000;
  if (tookSeconds > 0) keepRate(pictureEngine, megapixels(inspection) / tookSeconds);
}
