import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ffmpeg, ffprobe } from "../setup/media.ts";
import { encoded, opened } from "./encoded-plan.ts";

// A source with 5.1 audio gets a 5.1 track beside the stereo one. Checked by native ffmpeg.

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tributary-surround-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Frequency in Hz of the tone in each channel: left, right, centre, LFE, and two at the back or the sides. */
const TONES = [400, 600, 800, 60, 1000, 1300] as const;

/** Frequency of a channel's loudest tone. */
async function toneOf(path: string, channel: number): Promise<number> {
  const filter = `pan=mono|c0=c${channel}`;
  const argv = ["-i", path, "-map", "0:a:0", "-af", filter, "-ar", "8000", "-f", "f32le", "-"];
  const samples = new Float32Array(new Uint8Array(await ffmpeg(argv)).buffer);
  const power = (hertz: number): number => {
    let [real, imaginary] = [0, 0];
    for (let at = 8000; at < 16_000; at += 1) {
      const angle = (2 * Math.PI * hertz * at) / 8000;
      real += (samples[at] ?? 0) * Math.cos(angle);
      imaginary += (samples[at] ?? 0) * Math.sin(angle);
    }
    return real ** 2 + imaginary ** 2;
  };
  return TONES.reduce<number>((best, tone) => (power(tone) > power(best) ? tone : best), TONES[0]);
}

test.each([
  ["AC-3 with sides", "ac3", "5.1(side)"],
  ["AAC with backs", "aac", "5.1"],
])("%s: every channel is in its place, in stereo and in 5.1", async (_, codec, layout) => {
  const path = join(folder, `${codec}.mkv`);
  const tones = TONES.map((hertz) => `0.3*sin(2*PI*${hertz}*t)`).join("|");
  const sound = `aevalsrc='${tones}':c=${layout}:s=48000:d=4`;
  const video = ["-f", "lavfi", "-i", "color=c=gray:s=64x64:r=10:d=4"];
  await ffmpeg([...video, "-f", "lavfi", "-i", sound, "-c:v", "libx264", "-c:a", codec, path]);
  await opened(path, async (source) => {
    const plan = source.planJob([{ shortSide: 64, kilobitsPerSecond: 50 }], 1, { surround: true });
    expect(plan.audio.map(({ id }) => id)).toEqual(["a0", "a0s"]);
    const { a0 = "", a0s = "" } = Object.fromEntries(await encoded(source, plan, folder, "audio"));
    const layouts = await Promise.all(
      [a0, a0s].map((file) => ffprobe(["-show_entries", "stream=channel_layout,channels", file])),
    );
    expect(layouts).toMatchObject([
      { streams: [{ channels: 2, channel_layout: "stereo" }] },
      { streams: [{ channels: 6, channel_layout: "5.1" }] },
    ]);
    const heard = await Promise.all(TONES.map((_tone, channel) => toneOf(a0s, channel)));
    expect(heard).toEqual([...TONES]);
  });
});
