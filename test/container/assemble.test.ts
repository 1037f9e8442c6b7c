import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assembleSegments } from "../../edge/container/assemble.ts";
import type { PlaylistInput } from "../../shared/playlist/index.ts";
import type { AssembleRequest } from "../../shared/wire/container.ts";
import { nativeJob } from "../playlist/native-segments.ts";
import { audioRendition, segmentsOf, videoRendition } from "../playlist/sample-job.ts";
import { fixture } from "../setup/media.ts";

let job: { input: PlaylistInput; dir: string };
let storage: Server;
let origin: string;
/** The file that the server stored last. */
let stored: Buffer | null = null;

beforeAll(async () => {
  job = await nativeJob(await fixture("long-gop-20s.mp4"), {
    video: [videoRendition(1)],
    audio: [audioRendition(0, 48_000)],
    segments: segmentsOf([25, 3600], [6, 6, 6, 2]),
  });
  storage = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === "PUT") stored = Buffer.concat(chunks);
    const path = (request.url ?? "").replace("/v/native/", "");
    response.end(request.method === "PUT" ? "" : await readFile(join(job.dir, path)));
  });
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  const address = storage.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}, 120_000);

afterAll(async () => {
  storage.close();
  await rm(job.dir, { recursive: true, force: true });
});

function request(): AssembleRequest {
  const track = (id: string) => {
    const own = job.input.accepted.filter(({ rendition }) => rendition === id);
    const media = own.map(({ key }) => `${origin}/${key}`);
    return { init: `${origin}/${own[0]?.initKey}`, media };
  };
  const { video, audio } = job.input;
  return {
    jobId: "native",
    video: track(video[0]?.id ?? ""),
    audio: track(audio[0]?.id ?? ""),
    output: { url: `${origin}/out.mp4`, headers: {} },
  };
}

function framesOf([first]: readonly { id: string }[]): number {
  const own = job.input.accepted.filter(({ rendition }) => rendition === first?.id);
  return own.reduce((sum, { frames }) => sum + frames, 0);
}

test("puts every picture and all sound of the segments into one file", async () => {
  const { signal } = new AbortController();
  const { sizeBytes, videoFrames, audioFrames } = await assembleSegments(request(), signal);
  expect({ videoFrames, audioFrames }).toEqual({
    videoFrames: framesOf(job.input.video),
    audioFrames: framesOf(job.input.audio),
  });
  expect(videoFrames).toBe(20 * 25);
  expect(stored).toHaveLength(sizeBytes);
});

test("stops when its call ends: the video was deleted", async () => {
  stored = null;
  const call = new AbortController();
  const { video, ...others } = request();
  const [first = ""] = video.media;
  // The job hangs, because this storage never answers.
  const silent = createServer(() => call.abort());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const media = [first, `http://127.0.0.1:${port}/v/native/x.m4s`];
  const work = assembleSegments({ video: { ...video, media }, ...others }, call.signal);
  await expect(work).rejects.toThrow("aborted");
  expect(stored).toBeNull();
  silent.closeAllConnections();
  silent.close();
});

test("takes no object that holds other bytes than its name says", async () => {
  stored = null;
  const [, second] = job.input.accepted;
  const path = join(job.dir, second?.key.replace("v/native/", "") ?? "");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
  const { signal } = new AbortController();
  await expect(assembleSegments(request(), signal)).rejects.toMatchObject({
    code: "OUTPUT_HASH_MISMATCH",
  });
  expect(stored).toBeNull();
});
