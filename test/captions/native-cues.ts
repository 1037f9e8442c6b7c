import { ffmpeg } from "../setup/media.ts";

/** A cue as native ffmpeg reads it, without markup. */
export interface NativeCue {
  startMs: number;
  endMs: number;
  text: string;
}

/** All cues of a caption file or of a video's subtitle stream, sorted by start. */
export async function nativeCues(path: string, stream = "0:s:0"): Promise<NativeCue[]> {
  const srt = await ffmpeg(["-copyts", "-i", path, "-map", stream, "-f", "srt", "-"]);
  return srt
    .toString()
    .split(/\n\n(?=\d+\n\d\d:)/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map((block) => {
      const [, times = "", ...lines] = block.split("\n");
      const [startMs = 0, endMs = 0] = times.split(" --> ").map(millisecondsOf);
      return { startMs, endMs, text: plain(lines.join("\n")) };
    });
}

function millisecondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.replace(",", ".").split(":").map(Number);
  return Math.round(1000 * (seconds + 60 * (minutes + 60 * hours)));
}

/** A cue's plain text: without ffmpeg's font tags, and without its positions in braces. */
function plain(text: string): string {
  return text
    .replaceAll(/<\/?(?:b|i|u|font)\b[^>]*>|\{\\an\d\}/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}
