import type { LoudnessMeasure } from "../../plan/audio-choice.ts";
import type { RemuxFfmpeg } from "./remux-ffmpeg.ts";
import { STRANGERS_FILE } from "./source-formats.ts";

const LAYOUTS: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1" };

/** Request to measure the loudness of some audio tracks. */
export interface LoudnessRequest {
  copy: "loudness";
  /** Tracks by their position among the file's audio tracks, with the number of output channels. */
  tracks: readonly { track: number; channels: number }[];
  /** In the file's own time; null: all. */
  span: { startSeconds: number; endSeconds: number } | null;
}

/**
 * Integrated loudness and true peak (EBU R 128, ITU-R BS.1770-4) of tracks as they are mixed for the video, by
 * FFmpeg's `ebur128`. Reads the file once, from end to end.
 */
export async function measureLoudness(
  ffmpeg: RemuxFfmpeg,
  { tracks, span }: LoudnessRequest,
): Promise<LoudnessMeasure[]> {
  const pathOf = (what: string, { track, channels }: { track: number; channels: number }) =>
    `/loudness-${what}-${track}-${channels}`;
  const trim =
    span === null
      ? []
      : [`atrim=start=${span.startSeconds}:end=${span.endSeconds}`, "asetpts=N/SR/TB"];
  const outputs = tracks.flatMap((one) => {
    const { track, channels } = one;
    const peaks = Array.from({ length: channels }, (_, channel) => {
      return print(`true_peaks_ch${channel}`, pathOf(`peak${channel}`, one));
    });
    const mixed = `aformat=sample_fmts=flt:channel_layouts=${LAYOUTS[channels] ?? "stereo"}`;
    const measured = "ebur128=peak=true:metadata=1";
    const filters = [...trim, mixed, measured, print("I", pathOf("i", one)), ...peaks];
    return ["-map", `0:a:${track}`, "-af", filters.join(","), "-f", "null", "-"];
  });
  const paths = tracks.flatMap((one) => {
    const { channels } = one;
    const peaks = Array.from({ length: channels }, (_, channel) => pathOf(`peak${channel}`, one));
    return [pathOf("i", one), ...peaks];
  });
  const input = ["-hide_banner", "-copyts", ...STRANGERS_FILE, "-i", ffmpeg.input];
  const texts = await ffmpeg.texts([...input, ...outputs], paths);
  let at = 0;
  return tracks.map(({ track, channels }) => {
    const [integrated = "", ...peaks] = texts.slice(at, at + 1 + channels);
    at += 1 + channels;
    const lufs = lastValue(integrated);
    const peak = Math.max(0, ...peaks.map((text) => lastValue(text) ?? 0));
    return {
      track,
      channels,
      lufs: lufs === null || lufs <= SILENCE_LUFS ? null : lufs,
      peakDbtp: peak > 0 ? Math.round(2000 * Math.log10(peak)) / 100 : null,
    };
  });
}

/** The gate of BS.1770: quieter blocks do not count. */
const SILENCE_LUFS = -70;

function print(key: string, path: string): string {
  return `ametadata=print:key=lavfi.r128.${key}:file=${path}`;
}

/** The last value that was printed; each value covers all audio before it. */
function lastValue(text: string): number | null {
  const line = text.slice(text.lastIndexOf("lavfi.r128."));
  const value = /=(-?\d+(?:\.\d+)?)/.exec(line)?.[1];
  return value === undefined ? null : Number(value);
}
