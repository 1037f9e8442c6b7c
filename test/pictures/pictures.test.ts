import fc from "fast-check";
import { expect, test } from "vitest";
import { keyFrameSample } from "../../shared/cmaf/key-frame.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { jpegSize } from "../../shared/pictures/jpeg.ts";
import { livelinessOf } from "../../shared/pictures/liveliness.ts";
import {
  everyNth,
  sheetSize,
  sheetsOf,
  tilePlace,
  tileSizeOf,
} from "../../shared/pictures/storyboard.ts";
import { renderIFrames, renderMultivariant } from "../../shared/playlist/index.ts";
import { partsOf, renditionsOf } from "../../web/pictures/playlists.ts";
import { sampleJobs } from "../playlist/sample-job.ts";
import { ffmpeg } from "../setup/media.ts";

// The plan of posters and storyboards: sizes, places and times of the tiles, and the frames that are used.

test("our playlists are read as they were written, whatever the job", () => {
  const run = fc.property(sampleJobs, ({ plan, all }) => {
    const input = { ...plan, accepted: all, ended: true };
    const masterUrl = "https://site.example/v/~key/job/master.m3u8";
    const renditions = renditionsOf(renderMultivariant(input), masterUrl);
    expect(renditions.map(({ width }) => width)).toEqual(
      plan.video.map(({ width }) => width).sort((a, b) => a - b),
    );
    for (const { id, width } of plan.video) {
      const url = renditions.find((each) => each.width === width)?.keyFramesUrl ?? "";
      expect(url).toBe(`https://site.example/v/~key/job/${id}/iframes.m3u8`);
      const own = all.filter(({ rendition }) => rendition === id);
      const frames = own.flatMap((each) => each.fragments.map((part) => ({ ...part, each })));
      let ticks = 0;
      for (const [index, part] of partsOf(renderIFrames(input, id), url).entries()) {
        const {
          each,
          offsetBytes: offset,
          keyFrameBytes: size,
          durationTicks,
        } = frames[index] as (typeof frames)[number];
        expect(part).toMatchObject({
          url: `https://site.example/v/~key/${each.key.slice(2)}`,
          initUrl: `https://site.example/v/~key/${each.initKey.slice(2)}`,
          range: { offset, size },
        });
        expect(part.startSeconds).toBeCloseTo(ticks / TICKS_PER_SECOND, 3);
        ticks += durationTicks;
        expect(part.endSeconds).toBeCloseTo(ticks / TICKS_PER_SECOND, 3);
      }
    }
  });
  fc.assert(run, { numRuns: 50 });
});

test("tiles lie side by side within their sheets, each once", () => {
  const sides = fc.record({
    width: fc.integer({ min: 2, max: 4096 }),
    height: fc.integer({ min: 2, max: 4096 }),
  });
  const run = fc.property(sides, fc.integer({ min: 1, max: 300 }), (video, count) => {
    const size = tileSizeOf(video);
    expect(Math.max(size.tileWidth, size.tileHeight)).toBe(160);
    const tiles = Array.from({ length: count }, (_, index) => index);
    const sheets = sheetsOf(tiles);
    expect(sheets.flat()).toEqual(tiles);
    for (const sheet of sheets) {
      const { width, height } = sheetSize(sheet.length, size);
      const places = sheet.map((index) => tilePlace(index, size));
      expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(sheet.length);
      for (const { x, y } of places) {
        expect(x + size.tileWidth).toBeLessThanOrEqual(width);
        expect(y + size.tileHeight).toBeLessThanOrEqual(height);
      }
      expect(Math.max(...places.map(({ y }) => y)) + size.tileHeight).toBe(height);
    }
  });
  fc.assert(run, { numRuns: 200 });
});

test("of many items so many are kept as may be, from the first on, evenly", () => {
  const run = fc.property(fc.integer({ min: 1, max: 5_000 }), (count) => {
    const items = Array.from({ length: count }, (_, index) => index);
    const kept = everyNth(items, 300);
    expect(kept[0]).toBe(0);
    expect(kept.length).toBeLessThanOrEqual(300);
    expect(kept.length).toBeGreaterThan(Math.min(count, 300) / 2);
  });
  fc.assert(run);
});

test("a picture with something in it counts more than black, white and blurred ones", async () => {
  const seen = async (filter: string) => {
    const input = ["-f", "lavfi", "-i", `testsrc2=size=640x360:duration=1,${filter}`];
    const raw = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    const bytes = await ffmpeg([...input, "-vf", "scale=64:36", ...raw]);
    return livelinessOf(bytes, 64);
  };
  const clear = await seen("null");
  expect(await seen("drawbox=color=black:t=fill")).toBeLessThan(1);
  expect(await seen("drawbox=color=white:t=fill")).toBeLessThan(1);
  expect(await seen("eq=brightness=-0.45:contrast=0.3")).toBeLessThan(clear / 2);
  expect(await seen("gblur=sigma=60")).toBeLessThan(0.75 * clear);
});

test.each([["in colour"], ["optimal tables"], ["grey"]])(
  "a JPEG's size is read as native ffmpeg wrote it: %s",
  async (kind) => {
    const filter = kind === "grey" ? "format=gray" : "format=yuvj420p";
    const more = kind === "optimal tables" ? ["-huffman", "optimal"] : [];
    const source = ["-f", "lavfi", "-i", "testsrc2=size=322x182"];
    const jpeg = [...more, "-frames:v", "1", "-f", "image2pipe", "-c:v", "mjpeg", "-"];
    const bytes = new Uint8Array(await ffmpeg([...source, "-vf", filter, ...jpeg]));
    expect(jpegSize(bytes)).toEqual({ width: 322, height: 182 });
  },
);

test("whatever the bytes are, a size or nothing is found", () => {
  const run = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const framed = new Uint8Array([0xff, 0xd8, ...bytes, 0xff, 0xd9]);
    const size = jpegSize(framed);
    expect(size === null || (size.width > 0 && size.height > 0)).toBe(true);
    expect(() => keyFrameSample(framed)).toThrow("Not the beginning of a fragment");
  });
  fc.assert(run, { numRuns: 2_000 });
});
