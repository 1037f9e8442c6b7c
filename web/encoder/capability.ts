import type { Engine } from "../../shared/job/job.ts";
import type { EnginePreference } from "./api.ts";

/** A phone or tablet with less memory gets one encoder. */
const MEMORY_FOR_TWO_GIB = 4;

/**
 * How many single-threaded encoders this device gets by default: one a core. Phones and tablets get two, or one
 * where they have little memory, because they end a page without a message where it takes much of their memory.
 *
 * @param deviceMemoryGiB undefined where the browser does not tell
 */
export function defaultSlots(
  hardwareConcurrency: number,
  deviceMemoryGiB: number | undefined,
  mobile = false,
): number {
  const cores = Math.max(1, Math.floor(hardwareConcurrency) || 1);
  // An encoder's heap takes 115 to 350 MB (480p to 1080p ladder); most of the memory stays free for other programs.
  const byMemory =
    deviceMemoryGiB === undefined ? 16 : Math.max(1, Math.floor(deviceMemoryGiB * 2));
  const most = !mobile ? 16 : (deviceMemoryGiB ?? MEMORY_FOR_TWO_GIB) < MEMORY_FOR_TWO_GIB ? 1 : 2;
  return Math.min(most, cores, byMemory);
}

/** Most memory for the frames and encoders of all slots that use the browser's codecs. */
const FAST_BYTES = 400 * 2 ** 20;
/** Frames of the source that a slot holds, in its decoder and on their way to the encoders. */
const FRAMES_A_SLOT = 28;
const OTHER_BYTES_A_SLOT = 30 * 2 ** 20;

/**
 * Most tasks at a time for the browser's codecs. Memory sets the limit, since each task holds frames of the source;
 * the number of cores does not, since each task uses several. A 4K source gets one task at a time.
 */
export function fastSlots({ width, height }: { width: number; height: number }): number {
  const slotBytes = FRAMES_A_SLOT * width * height * 1.5 + OTHER_BYTES_A_SLOT;
  return Math.max(1, Math.floor(FAST_BYTES / slotBytes));
}

/** Whether the browser has WebCodecs at all; which codecs it supports is asked for each task. */
export function hasWebCodecs(): boolean {
  return "VideoDecoder" in self && "VideoEncoder" in self;
}

/** Whether the browser's decoder supports a source's codec; damaged bytes may still fail. */
export async function decodes(config: VideoDecoderConfig | null): Promise<boolean> {
  if (config === null || !hasWebCodecs()) return false;
  const { supported } = await VideoDecoder.isConfigSupported(config).catch(() => ({
    supported: false,
  }));
  return supported === true;
}

/** Engines that this tab may use, for its hello to the coordinator. */
export function enginesOf(preference: EnginePreference): Engine[] {
  return preference === "ffmpeg" || !hasWebCodecs()
    ? ["ffmpeg-wasm"]
    : ["webcodecs", "ffmpeg-wasm"];
}

/** Facts of a device that are known before it has worked. */
export interface DeviceFacts {
  cores: number;
  /** Null where the browser does not tell. */
  memoryGiB: number | null;
  mobile: boolean;
}

/**
 * A device's part in its own video. `alone`: all of the work. `helped`: a part of it, beside servers. `weak`: only
 * cutting and uploading.
 */
export type DevicePart = "alone" | "helped" | "weak";

export type PartReason =
  | "enough"
  | "no-servers"
  | "no-engine"
  | "one-core"
  | "little-memory"
  | "few-cores"
  | "measured"
  | "chosen";

/** This device's part, and why. */
export interface PartDecision {
  part: DevicePart;
  reason: PartReason;
  /** Media seconds encoded per second on the actual source; null before it was measured. */
  measuredSpeed: number | null;
}

/** A device below this speed only cuts and uploads. Media seconds per second, as in HELPED_SPEED. */
const WEAK_SPEED = 0.12;
/** Below this speed, help is worth a server's start, where at least HELP_WORTH_SECONDS of work are left. */
const HELPED_SPEED = 0.4;
const HELP_WORTH_SECONDS = 120;

/** @param leftSeconds seconds of media still to be made */
export function decidePart(
  device: DeviceFacts,
  known: {
    hasEngine: boolean;
    hasServers: boolean;
    measuredSpeed: number | null;
    leftSeconds: number;
  },
): PartDecision {
  const { hasEngine, hasServers, measuredSpeed, leftSeconds } = known;
  const decision = (part: DevicePart, reason: PartReason): PartDecision => ({
    part,
    reason,
    measuredSpeed,
  });
  if (!hasServers) return decision("alone", "no-servers");
  if (!hasEngine) return decision("weak", "no-engine");
  if (measuredSpeed !== null) {
    if (measuredSpeed < WEAK_SPEED) return decision("weak", "measured");
    const isLong = leftSeconds / measuredSpeed > HELP_WORTH_SECONDS;
    if (measuredSpeed < HELPED_SPEED && isLong) return decision("helped", "measured");
    // The measured speed counts more than cores and memory.
    return decision("alone", "enough");
  }
  if (device.cores <= 1) return decision("weak", "one-core");
  if (device.memoryGiB !== null && device.memoryGiB < 1) return decision("weak", "little-memory");
  if (device.mobile && device.cores <= 4) return decision("helped", "few-cores");
  return decision("alone", "enough");
}

/** The help that a device can give to another person's video, or the reason why it can give none. */
export interface ContributorCapability {
  possibleSlots: number;
  /** In English, for programs; pages show a text for `reasonCode`. */
  reason: string | null;
  reasonCode: UnableCode | null;
}

export type UnableCode = "little-memory" | "no-engine" | "too-old" | "no-workers";

/**
 * What the browser that this runs in can do; fetches nothing.
 * @param mobile whether the page takes the device for a phone or tablet
 */
export function contributorCapability(mobile: boolean): ContributorCapability {
  const missing = missingFeature();
  if (missing !== null) return { possibleSlots: 0, ...missing };
  const memoryGiB = (navigator as { deviceMemory?: number }).deviceMemory;
  if (memoryGiB !== undefined && memoryGiB < 1) {
    const reason = "This device has too little memory to encode video.";
    return { possibleSlots: 0, reason, reasonCode: "little-memory" };
  }
  const possibleSlots = defaultSlots(navigator.hardwareConcurrency, memoryGiB, mobile);
  return { possibleSlots, reason: null, reasonCode: null };
}

/** Lockdown mode on iPhones turns WebAssembly off, and so do some managed browsers. */
export const NO_WEBASSEMBLY =
  "This browser has no WebAssembly, so it cannot encode video: use another browser.";

/** `v128.const; drop` in a function. It is valid only where the browser has WebAssembly SIMD, which the core needs. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12],
  ...new Array<number>(16).fill(0),
  ...[26, 11],
);

function missingFeature(): { reason: string; reasonCode: UnableCode } | null {
  const lack = (reasonCode: UnableCode, reason: string) => ({ reason, reasonCode });
  if (typeof WebAssembly === "undefined") return lack("no-engine", NO_WEBASSEMBLY);
  if (!WebAssembly.validate(SIMD_MODULE)) {
    return lack("too-old", "This browser is too old to run the encoder.");
  }
  if (typeof Worker === "undefined") {
    return lack("no-workers", "This browser cannot work in the background.");
  }
  if (typeof DecompressionStream === "undefined") {
    return lack("too-old", "This browser is too old to load the encoder.");
  }
  return null;
}
