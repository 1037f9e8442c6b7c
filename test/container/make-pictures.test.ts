import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePictures } from "../../edge/container/make-pictures.ts";
import { jpegSize } from "../../shared/pictures/jpeg.ts";
import type { PlaylistInput } from "../../shared/playlist/index.ts";
import type { PicturesRequest } from "../../shared/wire/container.ts";
import { nativeJob } from "../playlist/native-segments.ts";
import { segmentsOf, videoRendition } from "../playlist/sample-job.ts";
import { ffmpeg, generatedClip } from "../setup/media.ts";

// Poster and storyboard that native ffmpeg makes of a job's segments, compared with frames of the source.

let job: { input: PlaylistInput; dir: string };
let storage: Server;
let origin: string;
let source: string;
let dir: string;
/** Bytes that the storage has sent. */
let sentBytes = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-server-pictures-"));
  source = await generatedClip("black-then-shapes.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=854x480:rate=25:duration=20"],
    ...["-vf", "drawbox=enable='lt(t,7)':color=black:t=fill", "-c:v", "libx264"],
    ...["-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50"],
  ]);
  job = await nativeJob(source, {
    video: [videoRendition(0), videoRendition(3)],
    audio: [],
    segments: segmentsOf([25, 3600], [6, 6, 6, 2]),
  });
  storage = createServer(async (request, response) => {
    const bytes = await readFile(join(job.dir, (request.url ?? "").replace("/v/native/", "")));
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = first === undefined ? bytes : bytes.subarray(Number(first), Number(last) + 1);
    sentBytes += part.length;
    response.writeHead(first === undefined ? 200 : 206).end(part);
  });
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  const address = storage.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}, 120_000);

afterAll(async () => {
  storage.close();
  for (const each of [job.dir, dir]) await rm(each, { recursive: true, force: true });
});

function keyFrames(rendition: string): PicturesRequest["tiles"] {
  const own = job.input.accepted.filter((each) => each.rendition === rendition);
  return {
    init: `${origin}/${own[0]?.initKey}`,
    frames: own.flatMap(({ key, fragments }) =>
      fragments
        .filter(({ keyFrameBytes }) => keyFrameBytes > 0)
        .map(({ offsetBytes, keyFrameBytes: sizeBytes }) => {
          return { url: `${origin}/${key}`, offsetBytes, sizeBytes };
        }),
    ),
  };
}

function request(): PicturesRequest {
  const size = { tileWidth: 160, tileHeight: 90 };
  return { jobId: "native", tiles: keyFrames("v144"), ...size, posters: keyFrames("v480") };
}

async function luma(argv: readonly string[], filter: string): Promise<Buffer> {
  const raw = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
  return ffmpeg([...argv, "-vf", `${filter},scale=64:36,format=gray`, ...raw]);
}

test("each tile is the source's picture, and the poster one with something in it", async () => {
  const { signal } = new AbortController();
  const asked = request();
  const { poster, sheets } = await makePictures(asked, signal);
  expect(sheets).toHaveLength(1);
  const count = asked.tiles.frames.length;
  // One frame for each 2 s.
  expect(count).toBe(10);
  const sheet = Buffer.from(sheets[0] ?? "", "base64");
  expect(jpegSize(sheet)).toEqual({ width: 800, height: 90 * Math.ceil(count / 5) });
  const file = join(dir, "sheet.jpg");
  await writeFile(file, sheet);
  for (let index = 0; index < count; index += 1) {
    const seconds = 2 * index;
    const tile = await luma(
      ["-i", file],
      `crop=160:90:${160 * (index % 5)}:${90 * Math.floor(index / 5)}`,
    );
    const shown = await luma(["-ss", String(seconds), "-i", source], "null");
    const difference = tile.reduce((sum, each, at) => sum + Math.abs(each - (shown[at] ?? 0)), 0);
    expect(difference / tile.length, `at ${seconds} s`).toBeLessThan(8);
  }
  const bytes = Buffer.from(poster, "base64");
  expect(jpegSize(bytes)).toEqual({ width: 854, height: 480 });
  await writeFile(file, bytes);
  const seen = await luma(["-i", file], "null");
  expect(seen.reduce((sum, each) => sum + each, 0) / seen.length).toBeGreaterThan(60);
});

test("only key frames are fetched", async () => {
  sentBytes = 0;
  const { signal } = new AbortController();
  await makePictures(request(), signal);
  const all = job.input.accepted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(sentBytes).toBeLessThan(all / 4);
});

test("what is no key frame is refused", async () => {
  const { signal } = new AbortController();
  const asked = request();
  const shifted = asked.tiles.frames.map((frame) => ({ ...frame, offsetBytes: 9 }));
  const tiles = { ...asked.tiles, frames: shifted };
  await expect(makePictures({ ...asked, tiles }, signal)).rejects.toMatchObject({
    code: "OUTPUT_INVALID",
  });
});
