import type { UploadState } from "../whole-upload.ts";
import { StringRecord } from "./string-record.ts";

/** Uploads of originals that were begun in this browser, by video id, so that they can go on after a reload. */
const BEGUN = new StringRecord("tributary.originals");
const MOST = 4;

/** State of a video's upload; null where none was begun, or where the record cannot be read. */
export function begunOriginal(videoId: string): UploadState | null {
  const text = BEGUN.read()[videoId];
  if (text === undefined) return null;
  try {
    const state = JSON.parse(text) as Partial<UploadState>;
    const isWhole = typeof state.upload === "string" && Array.isArray(state.parts);
    return isWhole && typeof state.name === "string" ? (state as UploadState) : null;
  } catch {
    return null;
  }
}

export function keepOriginalState(videoId: string, state: UploadState): void {
  BEGUN.put(videoId, JSON.stringify(state), MOST);
}

export function forgetOriginal(videoId: string): void {
  BEGUN.delete(videoId);
}
