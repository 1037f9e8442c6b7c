import { webCodecsSoundRefusal } from "../../shared/encode/webcodecs-support.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { JobSettingsPatch, SourceFacts } from "../../shared/job/job.ts";
import { planAudio } from "../../shared/plan/plan.ts";
import type { Lane } from "../encoder/api.ts";
import {
  decidePart,
  defaultSlots,
  encodesSound,
  hasWebCodecs,
  type PartDecision,
} from "../encoder/capability.ts";
import type { HolderOptions } from "./owner-api.ts";

/** What a holder does by what the person asked for, what the device can, and what the edge offers. */

export interface KnownOfJob {
  hasServers: boolean;
  /** What the person switched; null: by what the device can do. */
  switched: boolean | null;
  /** Media seconds made a second, on the actual source; null before it was measured. */
  measuredSpeed: number | null;
  /** Media still to be made. */
  leftSeconds: number;
}

export function decideHolderPart(options: HolderOptions, known: KnownOfJob): PartDecision {
  const { engine = "auto", slots } = options;
  const { hasServers, measuredSpeed, leftSeconds } = known;
  const chosen = known.switched ?? (engine === "server" ? true : null);
  if (engine === "server" && chosen === true && hasServers) {
    return { part: "weak", reason: "chosen", measuredSpeed };
  }
  // Who asks for an engine or for slots has decided.
  const isDecided = engine !== "auto" || slots !== undefined;
  if (chosen === false || (isDecided && chosen === null)) {
    return { part: "alone", reason: hasServers ? "chosen" : "no-servers", measuredSpeed };
  }
  const device = options.device ?? {
    cores: self.navigator.hardwareConcurrency,
    memoryGiB: null,
    mobile: false,
  };
  const hasEngine = "WebAssembly" in self;
  const decision = decidePart(device, { hasEngine, hasServers, measuredSpeed, leftSeconds });
  // Help that was asked for: a device that can work goes on working.
  const isAsked = chosen === true && decision.part === "alone" && hasServers;
  return isAsked ? { part: "helped", reason: "chosen", measuredSpeed } : decision;
}

/** What the job has to know of that. */
export function settingsFor({ part, reason }: PartDecision): JobSettingsPatch {
  if (part === "weak") return { servers: "always", stageAll: true };
  if (part === "helped") return { servers: "always", stageAll: false };
  // Who wants no servers gets none, also when the tab is closed.
  return { servers: reason === "chosen" ? "never" : "when-needed", stageAll: false };
}

/** Throws ENGINE_UNAVAILABLE where the engine that was asked for is not there. */
export function requireEngine({ engine = "auto" }: HolderOptions, hasServers: boolean): void {
  const isThere = engine === "server" ? hasServers : engine !== "webcodecs" || hasWebCodecs();
  if (isThere) return;
  throw new TributaryError("ENGINE_UNAVAILABLE", `The ${engine} engine is not available here.`);
}

/** What cannot be fast all along is ffmpeg's from the start: renditions stay in one lane. */
export function laneFor({ engine = "auto" }: HolderOptions, fastRefusal: string | null): Lane {
  if (fastRefusal !== null) return "ffmpeg";
  return engine === "server" ? "auto" : engine;
}

/** Whether any sound of a source is ffmpeg's also where pictures are not, as far as it shows beforehand. */
export async function soundNeedsFfmpeg(facts: SourceFacts): Promise<boolean> {
  for (const rendition of planAudio(facts)) {
    const track = facts.audio.find((each) => each.track === rendition.track);
    if (webCodecsSoundRefusal(track, rendition) !== null) return true;
    if (!(await encodesSound(rendition))) return true;
  }
  return false;
}

/** Encoders of this tab. */
export function slotCountFor({ slots }: HolderOptions): number {
  const memoryGiB = (self.navigator as { deviceMemory?: number }).deviceMemory;
  return slots ?? defaultSlots(self.navigator.hardwareConcurrency, memoryGiB);
}
