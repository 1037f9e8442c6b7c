import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assembleSegments } from "../../edge/container/assemble.ts";
import { BlobWriter } from "../../shared/ingest/remux/blob-writer.ts";
import { only, readBoxes, readChildren } from "../../shared/isobmff/box.ts";
import type { PlaylistInput } from "../../shared/playlist/index.ts";
import type { VideoFiles } from "../../shared/wire/files.ts";
import { makeMp4, makeZip } from "../../web/files/make-file.ts";
import type { SaveTarget, WrittenPart } from "../../web/files/save-target.ts";
import { nativeJob, writePlaylists } from "../playlist/native-segments.ts";
import { audioRendition, segmentsOf, videoRendition } from "../playlist/sample-job.ts";
import { ffmpeg, ffprobe, fixture, generatedClip } from "../setup/media.ts";

// MP4 files that a tab makes of segments, compared with those that a server makes of the same segments.

/** `npm run test:clips` uses five minutes of noise, some 34 MB; otherwise it is 20 seconds. */
const IS_LONG = process.env["TRIBUTARY_CLIPS"] === "all";
const SECONDS = IS_LONG ? 300 : 20;
const NOISE =
  "-f lavfi -i nullsrc=size=640x360:rate=25:duration=300,geq=random(1)*255:128:128 -f lavfi -i sine=r=48000:duration=300";

let job: { input: PlaylistInput; dir: string };
let storage: Server;
let origin: string;
let dir: string;
/** The file that the server stored. */
let stored: Buffer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-files-"));
  const noise = [...NOISE.split(" "), ..."-c:v libx264 -preset ultrafast -c:a aac".split(" ")];
  const source = IS_LONG ? generatedClip("noise-300s.mp4", noise) : fixture("long-gop-20s.mp4");
  const lengths = Array.from({ length: Math.ceil(SECONDS / 6) }, (_, index) => {
    return Math.min(6, SECONDS - 6 * index);
  });
  job = await nativeJob(await source, {
    video: [videoRendition(1), videoRendition(3)],
    audio: [audioRendition(0, 48_000)],
    segments: segmentsOf([25, 3600], lengths),
  });
  await writePlaylists(job.input, job.dir);
  storage = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === "PUT") stored = Buffer.concat(chunks);
    const path = join(job.dir, (request.url ?? "").replace("/v/native/", ""));
    const bytes =
      request.method === "PUT" ? Buffer.alloc(0) : await readFile(path).catch(() => null);
    response.writeHead(bytes === null ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  const address = storage.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}, 280_000);

afterAll(async () => {
  storage.close();
  for (const each of [job.dir, dir]) await rm(each, { recursive: true, force: true });
});

async function filesOfJob(): Promise<VideoFiles> {
  const { video, audio, accepted } = job.input;
  const object = async (key: string) => {
    const path = key.replace("v/native/", "");
    return { path, sizeBytes: (await readFile(join(job.dir, path))).length };
  };
  const tracks = [...video, ...audio].map(async (rendition) => {
    const own = accepted.filter((each) => each.rendition === rendition.id);
    return {
      rendition: rendition.id,
      kind: rendition.kind,
      name: "",
      width: "width" in rendition ? rendition.width : 0,
      height: "height" in rendition ? rendition.height : 0,
      init: await object(own[0]?.initKey ?? ""),
      media: await Promise.all(
        own.map(async ({ key, frames }) => ({ ...(await object(key)), frames })),
      ),
    };
  });
  const playlists = [...video, ...audio].map(({ id }) => object(`v/native/${id}/playlist.m3u8`));
  return {
    durationSeconds: SECONDS,
    tracks: await Promise.all(tracks),
    others: [await object("v/native/master.m3u8"), ...(await Promise.all(playlists))],
  };
}

/** Keeps the file in memory, as in a browser that cannot write files. */
function memoryTarget(): { target: SaveTarget; bytes(): Promise<Uint8Array> } {
  const writer = new BlobWriter(1e9);
  const writable = new WritableStream<WrittenPart>({
    write: ({ data, position }) => writer.write(data, position),
  });
  const bytes = async () => new Uint8Array(await writer.finish("").arrayBuffer());
  return { target: { writable }, bytes };
}

async function made(make: (options: Parameters<typeof makeMp4>[0]) => Promise<void>) {
  const { target, bytes } = memoryTarget();
  const shares: number[] = [];
  const onProgress = (share: number) => shares.push(share);
  const { signal } = new AbortController();
  const masterUrl = `${origin}/v/native/master.m3u8`;
  const files = await filesOfJob();
  await make({ masterUrl, ownerToken: null, signal, files, target, onProgress });
  expect(shares.at(-1)).toBeGreaterThan(0.9);
  return bytes();
}

/** A copy with all creation and modification times set to 0. */
function timeless(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const clear = ({ bodyStart }: { bodyStart: number }) => {
    for (const at of [4, 8]) view.setUint32(bodyStart + at, 0);
  };
  const moov = readChildren(bytes, only(readBoxes(bytes), "moov"));
  clear(only(moov, "mvhd"));
  for (const trak of moov.filter(({ type }) => type === "trak")) {
    const boxes = readChildren(bytes, trak);
    clear(only(boxes, "tkhd"));
    clear(only(readChildren(bytes, only(boxes, "mdia")), "mdhd"));
  }
  return bytes;
}

test("an MP4 by a tab has the bytes of a server's, but for the time of creation", async () => {
  const { tracks } = await filesOfJob();
  const [video] = tracks;
  const bytes = await made((options) => makeMp4(options, video as (typeof tracks)[number]));
  const url = ({ path }: { path: string }) => `${origin}/v/native/${path}`;
  const asked = ([track]: typeof tracks) => ({
    init: url(track?.init ?? { path: "" }),
    media: (track?.media ?? []).map(url),
  });
  const { signal } = new AbortController();
  await assembleSegments(
    {
      jobId: "native",
      video: asked(tracks),
      audio: asked(tracks.filter(({ kind }) => kind === "audio")),
      output: { url: `${origin}/out.mp4`, headers: {} },
    },
    signal,
  );
  expect(bytes.length).toBe(stored.length);
  expect(Buffer.from(timeless(bytes)).equals(timeless(new Uint8Array(stored)))).toBe(true);
});

test("an M4A has the sound and nothing else", async () => {
  const { tracks } = await filesOfJob();
  const sound = tracks.find(({ kind }) => kind === "audio") as (typeof tracks)[number];
  const path = join(dir, "sound.m4a");
  await writeFile(path, await made((options) => makeMp4(options, sound)));
  const { streams } = (await ffprobe(["-count_packets", "-show_streams", path])) as {
    streams: { codec_name: string; nb_read_packets: string }[];
  };
  expect(streams.map(({ codec_name: codec }) => codec)).toEqual(["aac"]);
  const packets = sound.media.reduce((sum, { frames }) => sum + frames, 0);
  expect(Number(streams[0]?.nb_read_packets)).toBe(packets);
});

test("everything is a folder that plays from disk, each file to the byte", async () => {
  const zip = await made((options) => makeZip(options, "A <title>"));
  const out = join(dir, "all");
  for (const [path, bytes] of Object.entries(unzipSync(zip))) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), bytes);
  }
  const { tracks, others } = await filesOfJob();
  for (const { path } of [...tracks.flatMap(({ init, media }) => [init, ...media]), ...others]) {
    const [had, has] = await Promise.all([job.dir, out].map((each) => readFile(join(each, path))));
    expect(has?.equals(had as Buffer), path).toBe(true);
  }
  expect(await readFile(join(out, "index.html"), "utf8")).toContain("<title>A &lt;title></title>");
  const frames = await ffmpeg([
    ...["-allowed_extensions", "ALL", "-i", join(out, "master.m3u8")],
    ...["-map", "0:v:0", "-f", "framecrc", "-"],
  ]);
  expect(String(frames).match(/^0,/gm)).toHaveLength(25 * SECONDS);
});

test("what another made of a segment comes into no file", async () => {
  const files = await filesOfJob();
  const [video] = files.tracks;
  const path = join(job.dir, video?.media[1]?.path ?? "");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
  const making = made((options) => makeMp4(options, video as (typeof files.tracks)[number]));
  await expect(making).rejects.toMatchObject({ code: "OUTPUT_HASH_MISMATCH" });
});
