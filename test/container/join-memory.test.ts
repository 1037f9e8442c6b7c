import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBoxes, readChildren } from "../../shared/isobmff/box.ts";
import type { FilesTrack, VideoFiles } from "../../shared/wire/files.ts";
import { makeMp4 } from "../../web/files/make-file.ts";
import type { WrittenPart } from "../../web/files/save-target.ts";
import { nativeJob } from "../playlist/native-segments.ts";
import { audioRendition, segmentsOf, videoRendition } from "../playlist/sample-job.ts";
import { generatedClip } from "../setup/media.ts";

// What a tab holds while it joins a long video, beside what it holds for one of a tenth of the length. The segments
// are one, sent again and again with the times of its place.

const SEGMENT_SECONDS = 6;
const FRAME_TICKS = 3_600;
const SHORT = 12;
const LONG = 10 * SHORT;
/** Some four segments; the whole of the long one is some thirty times as much. */
const SLACK_BYTES = 6e6;

interface Sent {
  track: Omit<FilesTrack, "init" | "media">;
  init: Buffer;
  media: Buffer;
  frames: number;
  /** Units of its track's clock in a segment. */
  duration: number;
}

let dir: string;
let sent: Sent[];
let storage: Server;
let masterUrl: string;
/** Called for each segment that is asked for, before it is sent. */
let onAsked: () => Promise<void> = async () => {};

beforeAll(async () => {
  const noise = `nullsrc=size=640x360:rate=25:duration=${SEGMENT_SECONDS},geq=random(1)*255:128:128`;
  const source = await generatedClip("noise-6s.mp4", [
    ...[
      "-f",
      "lavfi",
      "-i",
      noise,
      "-f",
      "lavfi",
      "-i",
      `sine=r=48000:duration=${SEGMENT_SECONDS}`,
    ],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"],
  ]);
  const job = await nativeJob(source, {
    video: [videoRendition(0)],
    audio: [audioRendition(0, 48_000)],
    segments: segmentsOf([25, FRAME_TICKS], [SEGMENT_SECONDS]),
  });
  dir = job.dir;
  const { video, audio, accepted } = job.input;
  const read = (key: string) => readFile(join(dir, key.replace("v/native/", "")));
  sent = await Promise.all(
    [...video, ...audio].map(async ({ id, kind }) => {
      const own = accepted.find(({ rendition }) => rendition === id);
      const frames = own?.frames ?? 0;
      return {
        track: { rendition: id, kind, name: "", width: 854, height: 480 },
        init: await read(own?.initKey ?? ""),
        media: await read(own?.key ?? ""),
        frames,
        duration: frames * (kind === "video" ? FRAME_TICKS : 1_024),
      };
    }),
  );
  storage = createServer(async (request, response) => {
    const [, rendition, name = ""] = /\/v\/x\/(\w+)\/(\w+)/.exec(request.url ?? "") ?? [];
    const found = sent.find(({ track }) => track.rendition === rendition);
    if (found === undefined) response.writeHead(404).end();
    else if (name === "init") response.end(found.init);
    else {
      await onAsked();
      response.end(atPlace(found, Number(name)));
    }
  });
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  masterUrl = `http://127.0.0.1:${(storage.address() as AddressInfo).port}/v/x/master.m3u8`;
}, 60_000);

afterAll(async () => {
  storage.close();
  await rm(dir, { recursive: true, force: true });
});

/** A copy whose fragments begin where the segment of this number has its place. */
function atPlace({ media, duration }: Sent, number: number): Buffer {
  const bytes = Buffer.from(media);
  for (const moof of readBoxes(bytes).filter(({ type }) => type === "moof")) {
    for (const traf of readChildren(bytes, moof).filter(({ type }) => type === "traf")) {
      for (const { type, bodyStart } of readChildren(bytes, traf)) {
        // Version 1 has 64 bits (ISO/IEC 14496-12, 8.8.12).
        if (type !== "tfdt") continue;
        const time = bytes.readBigUInt64BE(bodyStart + 4);
        bytes.writeBigUInt64BE(time + BigInt(number * duration), bodyStart + 4);
      }
    }
  }
  return bytes;
}

function filesOf(segments: number): VideoFiles {
  const tracks = sent.map(({ track, init, media, frames }) => ({
    ...track,
    init: { path: `${track.rendition}/init`, sizeBytes: init.length },
    media: Array.from({ length: segments }, (_, at) => {
      return { path: `${track.rendition}/${at}`, sizeBytes: media.length, frames };
    }),
  }));
  return { durationSeconds: segments * SEGMENT_SECONDS, tracks, others: [] };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of buffers and of objects that live on after full collections. */
async function alive(): Promise<{ buffers: number; objects: number }> {
  for (let round = 0; round < 3; round += 1) {
    collect();
    // Memory of buffers is given back after the collection.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { buffers: arrayBuffers, objects: heapUsed };
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}

/** @returns bytes that were written, and what was held meanwhile beside what was there before */
async function joined(segments: number) {
  const files = filesOf(segments);
  const before = await alive();
  const held: { buffers: number; objects: number }[] = [];
  let asked = 0;
  onAsked = async () => {
    asked += 1;
    if (asked % 6 !== 0) return;
    const { buffers, objects } = await alive();
    held.push({ buffers: buffers - before.buffers, objects: objects - before.objects });
  };
  let written = 0;
  const writable = new WritableStream<WrittenPart>({
    write: ({ data }) => {
      written += data.byteLength;
    },
  });
  const { signal } = new AbortController();
  const [video] = files.tracks;
  await makeMp4(
    { masterUrl, ownerToken: null, signal, files, target: { writable }, onProgress: () => {} },
    video as FilesTrack,
  );
  const packets = sent.reduce((sum, { frames }) => sum + frames * segments, 0);
  const buffers = held.map((each) => each.buffers);
  return {
    ...{ written, packets, looks: held.length },
    ...{ buffers: median(buffers), most: Math.max(...buffers) },
    // The table of packets is complete at the end.
    objects: median(held.slice(-8).map((each) => each.objects)),
  };
}

test("ten times the length is joined with the same bytes in memory", async () => {
  // What is loaded and compiled at first is none of it.
  await joined(2);
  const [short, long] = [await joined(SHORT), await joined(LONG)];
  console.log(JSON.stringify({ short, long }));
  expect(long.written).toBeGreaterThan(9.5 * short.written);
  expect(long.looks).toBeGreaterThan(30);
  expect(long.buffers - short.buffers).toBeLessThan(SLACK_BYTES);
  // Buffers that are let go of may wait for a further collection.
  expect(long.most).toBeLessThan(long.written / 4);
  // An MP4 has a table of its packets: a few words each.
  const more = long.packets - short.packets;
  expect((long.objects - short.objects) / more).toBeLessThan(400);
}, 120_000);
