import { coreDecodes } from "../../shared/encode/core-decoders.ts";
import { type FastRefusal, webCodecsAudioRefusal } from "../../shared/encode/webcodecs-support.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { JobSettingsPatch, SourceFacts } from "../../shared/job/job.ts";
import { planAudio } from "../../shared/plan/plan.ts";
import type { EnginePreference } from "../encoder/api.ts";
import {
  type DevicePart,
  decidePart,
  defaultSlots,
  fastSlots,
  hasWebCodecs,
  type PartDecision,
} from "../encoder/capability.ts";
import type { PoolOptions } from "../encoder/pool.ts";
import type { OwnerOptions } from "./owner-api.ts";

/** Decides this device's part in the work from the person's choice, the device's abilities and the site's servers. */

export interface KnownOfJob {
  /** Whether an engine of this tab can make the source's pictures. */
  hasEngine: boolean;
  hasServers: boolean;
  /** The person's choice to use servers or not; null: the device's abilities decide. */
  switched: boolean | null;
  /** Media seconds encoded per second on the actual source; null before it was measured. */
  measuredSpeed: number | null;
  /** Seconds of media still to be made. */
  leftSeconds: number;
}

/** Whether this tab encodes alone, beside servers, or leaves the work to them, and why. */
export function decideOwnPart(options: OwnerOptions, known: KnownOfJob): PartDecision {
  const { engine = "auto", slots } = options;
  const { hasEngine, hasServers, measuredSpeed, leftSeconds } = known;
  const chosen = known.switched ?? (engine === "server" ? true : null);
  if (engine === "server" && chosen === true && hasServers) {
    return { part: "weak", reason: "chosen", measuredSpeed };
  }
  if (!hasEngine && hasServers) return { part: "weak", reason: "no-engine", measuredSpeed };
  // An explicit engine or number of slots overrides the automatic choice.
  const isDecided = engine !== "auto" || slots !== undefined;
  if (chosen === false || (isDecided && chosen === null)) {
    return { part: "alone", reason: hasServers ? "chosen" : "no-servers", measuredSpeed };
  }
  const device = options.device ?? {
    cores: self.navigator.hardwareConcurrency,
    memoryGiB: null,
    mobile: false,
  };
  const decision = decidePart(device, { hasEngine, hasServers, measuredSpeed, leftSeconds });
  // Where the person asked for servers, a device that can encode goes on encoding beside them.
  const isAsked = chosen === true && decision.part === "alone" && hasServers;
  return isAsked ? { part: "helped", reason: "chosen", measuredSpeed } : decision;
}

/** The job's settings that follow from the device's part. */
export function settingsFor({ part, reason }: PartDecision): JobSettingsPatch {
  if (part === "weak") return { servers: "always", stageAll: true };
  if (part === "helped") return { servers: "always", stageAll: false };
  // Where the person does not want servers, they are not used after the tab is closed either.
  return { servers: reason === "chosen" ? "never" : "when-needed", stageAll: false };
}

/** @throws TributaryError ENGINE_UNAVAILABLE where the chosen engine does not exist here */
export function requireEngine({ engine = "auto" }: OwnerOptions, hasServers: boolean): void {
  const isThere = engine === "server" ? hasServers : engine !== "webcodecs" || hasWebCodecs();
  if (isThere) return;
  throw new TributaryError("ENGINE_UNAVAILABLE", `The ${engine} engine is not available here.`);
}

/** Engine that encoders try first. ffmpeg makes a source from the start where the browser's codecs cannot. */
export function preferenceFor(
  { engine = "auto" }: OwnerOptions,
  fastRefusal: FastRefusal | null,
): EnginePreference {
  if (fastRefusal !== null) return "ffmpeg";
  return engine === "server" ? "auto" : engine;
}

/** Whether this tab has an engine for a source's pictures. */
export function hasEngineFor(
  { video }: SourceFacts,
  options: OwnerOptions,
  fastRefusal: FastRefusal | null,
): boolean {
  if (!("WebAssembly" in self)) return false;
  return coreDecodes(video.codec) || preferenceFor(options, fastRefusal) !== "ffmpeg";
}

/** Whether some audio of a source needs ffmpeg even where the video does not, as far as is known beforehand. */
export function audioNeedsFfmpeg(facts: SourceFacts): boolean {
  return planAudio(facts).some((rendition) => {
    const track = facts.audio.find((each) => each.track === rendition.track);
    return !("AudioDecoder" in self) || webCodecsAudioRefusal(track, rendition) !== null;
  });
}

/** Facts of a file that decide which encoders it needs. */
interface EncoderFacts {
  /** Size of the source, in pixels. */
  size: { width: number; height: number };
  fastRefusal: FastRefusal | null;
  audioNeedsFfmpeg: boolean;
}

/**
 * Options of the pool that this tab starts; null where it encodes nothing itself.
 * @param facts null before a file was read
 */
export function poolFor(
  options: OwnerOptions,
  facts: EncoderFacts | null,
  part: DevicePart,
): PoolOptions | null {
  if (part === "weak") return null;
  const slots = slotCountFor(options, facts);
  const preference = preferenceFor(options, facts?.fastRefusal ?? null);
  const audioAhead = Number(facts?.audioNeedsFfmpeg ?? true);
  return { slots, preference, ffmpegAhead: preference === "ffmpeg" ? slots : audioAhead };
}

/**
 * Number of encoders of this tab.
 * @param facts null before a file was read
 */
export function slotCountFor(
  options: OwnerOptions,
  facts: Pick<EncoderFacts, "size" | "fastRefusal"> | null,
): number {
  const { slots, device } = options;
  if (slots !== undefined) return slots;
  const memoryGiB = (self.navigator as { deviceMemory?: number }).deviceMemory;
  const mobile = device?.mobile === true;
  const byDevice = defaultSlots(self.navigator.hardwareConcurrency, memoryGiB, mobile);
  const isFast = facts !== null && preferenceFor(options, facts.fastRefusal) !== "ffmpeg";
  return isFast ? Math.min(byDevice, fastSlots(facts.size)) : byDevice;
}
