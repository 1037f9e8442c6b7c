import type { JobSettings } from "../../shared/job/job.ts";
import { audioKilobits } from "../../shared/plan/audio-choice.ts";
import { VISIBILITIES, type Visibility } from "../../shared/wire/visibility.ts";
import type { OwnerOptions } from "../owner/owner-api.ts";
import { StringRecord } from "./string-record.ts";

/** A person's choices for the last video, offered again for the next one. */
export interface UploadChoices {
  visibility?: Visibility;
  /** "ffmpeg" gives the better picture. */
  engine?: Extract<OwnerOptions["engine"], "auto" | "ffmpeg">;
  verify?: JobSettings["verify"];
  usesServers?: boolean;
  /** Rate of stereo audio, in kbit/s. */
  audioKbps?: number | undefined;
  /** Whether all audio is made as loud as other web videos. */
  loudness?: boolean | undefined;
  /** Whether 5.1 is kept in addition to stereo. */
  surround?: boolean | undefined;
  /** Whether the source file is kept, too. */
  keepsOriginal?: boolean | undefined;
}

/** Output megapixels per second of this device, by engine. */
export type MeasuredRates = Partial<Record<"webcodecs" | "ffmpeg-wasm", number>>;

const CHOICES = new StringRecord("tributary.choices");
const RATES = new StringRecord("tributary.rates");
const MOST = 16;

const ENGINES = ["auto", "ffmpeg"] as const;
const POLICIES = ["adaptive", "all", "off"] as const;

/** Stored choices, without those that cannot be read. */
export function keptChoices(): UploadChoices {
  const stored = CHOICES.read();
  const { visibility, engine, verify, audioKbps } = stored;
  const isOn = (name: keyof UploadChoices) =>
    stored[name] === undefined ? undefined : stored[name] === "true";
  const kept: { [K in keyof UploadChoices]: UploadChoices[K] | undefined } = {
    visibility: VISIBILITIES.find((each) => each === visibility),
    engine: ENGINES.find((each) => each === engine),
    verify: POLICIES.find((each) => each === verify),
    usesServers: isOn("usesServers"),
    audioKbps: audioKilobits(audioKbps),
    keepsOriginal: isOn("keepsOriginal"),
    loudness: isOn("loudness"),
    surround: isOn("surround"),
  };
  return Object.fromEntries(
    Object.entries(kept).filter(([, value]) => value !== undefined),
  ) as UploadChoices;
}

export function keepChoices(choices: UploadChoices): void {
  for (const [name, value] of Object.entries(choices)) {
    if (value !== undefined) CHOICES.put(name, String(value), MOST);
  }
}

/** The stored rates of the engines that have been measured on this device. */
export function measuredRates(): MeasuredRates {
  const rates = Object.entries(RATES.read()).map(([engine, text]) => [engine, Number(text)]);
  return Object.fromEntries(rates.filter(([, rate]) => Number(rate) > 0));
}

export function keepRate(engine: keyof MeasuredRates, megapixelsPerSecond: number): void {
  RATES.put(engine, megapixelsPerSecond.toFixed(1), MOST);
}
