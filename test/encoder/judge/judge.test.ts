import { beforeAll, describe, expect, test } from "vitest";
import type { RenditionFigures } from "../../../web/encoder/pictures/ladder-meter.ts";
import { generatedClip } from "../../setup/media.ts";
import { MANIPULATIONS } from "./manipulations.ts";
import {
  type Encoding,
  type JudgedSource,
  judged,
  judgedSource,
  measured,
  withMade,
} from "./native-judge.ts";

// Verdicts of the picture check on honest and manipulated results of native ffmpeg. `npm run bench -- --judge`
// makes the table for real clips, with a browser's encoder as the reference.

const SIZE = "size=400x226:rate=25:duration=1.4";
const CLIPS = {
  "test-picture-1.4s.mp4": `testsrc2=${SIZE},scroll=horizontal=0.006:vertical=0.004`,
  "fractal-1.4s.mp4": `mandelbrot=size=400x226:rate=25:start_x=-0.7436:start_y=0.1318:start_scale=0.02:end_scale=0.01:end_pts=60,trim=duration=1.4`,
};
type Clip = keyof typeof CLIPS;

const RENDITION = { width: 256, height: 144 };
/** x264 arguments for an encode as simple as that of browsers' encoders. */
const REFERENCE = ["-preset", "superfast", "-profile:v", "baseline", "-tune", "zerolatency"];
const RATES = { usual: 1000, starved: 80 };
type Rate = keyof typeof RATES;

const HONEST: Record<string, Omit<Encoding, "kilobitsPerSecond">> = {
  ultrafast: { x264: ["-preset", "ultrafast"] },
  "veryfast, scaled bilinearly": { x264: ["-preset", "veryfast"], scaler: "bilinear" },
  "medium, scaled by Lanczos": { x264: ["-preset", "medium"], scaler: "lanczos" },
};

const sources = new Map<Clip, { own: JudgedSource; other: JudgedSource }>();
const references = new Map<string, RenditionFigures>();

beforeAll(async () => {
  const names = Object.keys(CLIPS) as Clip[];
  const opened = await Promise.all(
    names.map(async (name) => {
      const h264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p"];
      const path = await generatedClip(name, ["-f", "lavfi", "-i", CLIPS[name], ...h264]);
      return [name, await judgedSource(path, RENDITION)] as const;
    }),
  );
  for (const [index, [name, own]] of opened.entries()) {
    const other = opened[(index + 1) % opened.length]?.[1] ?? own;
    sources.set(name, { own, other });
    for (const rate of Object.keys(RATES) as Rate[]) {
      const encoding = { x264: REFERENCE, kilobitsPerSecond: RATES[rate] };
      const figures = await withMade(own, encoding, null, (path) => measured(own, path));
      references.set(`${name} ${rate}`, figures);
    }
  }
}, 120_000);

async function verdict(
  clip: Clip,
  rate: Rate,
  made: Omit<Encoding, "kilobitsPerSecond">,
  lie = "",
) {
  const { own, other } = sources.get(clip) ?? {};
  const reference = references.get(`${clip} ${rate}`);
  if (own === undefined || reference === undefined) throw new Error(`${clip} is not there.`);
  const encoding = { ...made, kilobitsPerSecond: RATES[rate] };
  const manipulation = MANIPULATIONS.find(({ name }) => name === lie) ?? null;
  const figures = await withMade(own, encoding, manipulation, (path) => measured(own, path), other);
  return judged(figures, reference);
}

describe.each(Object.keys(CLIPS) as Clip[])("%s", (clip) => {
  test.each(Object.keys(HONEST))("an honest result passes: %s", async (name) => {
    expect(await verdict(clip, "usual", HONEST[name] as Encoding)).toBe("agrees");
  });

  test.each(Object.keys(HONEST))("one of few bits is never a lie: %s", async (name) => {
    expect(await verdict(clip, "starved", HONEST[name] as Encoding)).not.toBe("lies");
  });

  test.each(MANIPULATIONS.map(({ name }) => name))("never passes: %s", async (lie) => {
    expect(await verdict(clip, "usual", { x264: ["-preset", "veryfast"] }, lie)).not.toBe("agrees");
  });
});
