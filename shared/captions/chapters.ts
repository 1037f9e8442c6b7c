import type { Chapter } from "../wire/details.ts";
import { escapeText, writeWebvtt } from "./webvtt.ts";

/**
 * Chapters as WebVTT (`kind="chapters"`). Each is a cue that ends at the start of the next one.
 * @param endSeconds end of the video; chapters that begin there or later are left out
 * @returns null where there is no chapter
 */
export function renderChapters(chapters: readonly Chapter[], endSeconds: number): string | null {
  const milliseconds = (seconds: number) => Math.round(1000 * seconds);
  const cues = chapters.map(({ startSeconds, title }, at) => ({
    startMs: milliseconds(startSeconds),
    endMs: milliseconds(Math.min(chapters[at + 1]?.startSeconds ?? endSeconds, endSeconds)),
    text: escapeText(title),
    settings: "",
  }));
  const shown = cues.filter(({ startMs, endMs }) => startMs < endMs);
  return shown.length === 0 ? null : writeWebvtt(shown);
}
