import { StringRecord } from "../saved/string-record.ts";

/** Stores a viewer's choices in this browser, for all videos. */

const KEPT = new StringRecord("tributary.player");

export interface Preferences {
  /** 1 where nothing was chosen. */
  speed: number;
  /** A language tag, "off", or null where nothing was chosen. */
  captions: string | null;
  /** 0..1 */
  volume: number;
  muted: boolean;
  /** Keys of single letters, digits and signs do something. */
  keys: boolean;
}

export function readPreferences(): Preferences {
  const { speed, captions, volume, muted, keys } = KEPT.read();
  return {
    speed: within(speed, 0.25, 2, 1),
    captions: captions ?? null,
    volume: within(volume, 0, 1, 1),
    muted: muted === "yes",
    keys: keys !== "no",
  };
}

export function keepPreferences(change: Partial<Preferences>): void {
  for (const [name, value] of Object.entries(change)) {
    const text = value === true ? "yes" : value === false ? "no" : String(value);
    KEPT.put(name, text, Number.POSITIVE_INFINITY);
  }
}

function within(text: string | undefined, least: number, most: number, otherwise: number): number {
  const value = Number(text ?? Number.NaN);
  return value >= least && value <= most ? value : otherwise;
}
