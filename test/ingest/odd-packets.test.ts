import { openAsBlob } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BlobSource, EncodedPacketSink, Input, MP4 } from "mediabunny";
import { describe, expect, test } from "vitest";
import { type Sample, writeSampleFile } from "../../shared/ingest/cut/sample-file.ts";
import { readIsoLayout } from "../../shared/ingest/read/iso-layout.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes } from "./cut-and-decode.ts";
import { withBox } from "./edited-boxes.ts";
import { makeFolder } from "./made-folder.ts";

const TICKS = 90_000;
const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=8"];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "0"];
const withDelimiters = [...picture, ...x264, "-bsf:v", "h264_metadata=aud=insert"];
const x265 = [
  ...[...picture, "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"],
  ...["-x265-params", "aud=1:bframes=0:keyint=50:log-level=error"],
];
const vp9 = [
  ...[...picture, "-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "8", "-b:v", "200k"],
  ...["-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "60"],
];

/** Splits a sample into several. The first of them that is not wrapping gets the sample's duration. */
type Split = (sample: Uint8Array, nth: number) => Uint8Array[];

/** Makes each NAL unit a sample, as some drones do. */
const unitByUnit: Split = (sample) => {
  const parts: Uint8Array[] = [];
  const view = new DataView(sample.buffer, sample.byteOffset);
  for (let at = 0; at + 4 <= sample.length; ) {
    const size = 4 + view.getUint32(at);
    parts.push(sample.subarray(at, at + size));
    at += size;
  }
  return parts;
};

const withEmpty: Split = (sample) => [sample, new Uint8Array(0)];

/** An SEI message (user_data_unregistered) of 600 bytes, larger than many frames. */
const largeMessage = Uint8Array.of(0, 0, 2, 90, 6, 5, 255, 255, 86, ...Array(596).fill(7), 0x80);
const withLargeMessages: Split = (sample) => [largeMessage, sample];
/** Like joined files of two cameras. */
const laterWithLargeMessages: Split = (sample, nth) =>
  nth < 150 ? [sample] : withLargeMessages(sample, nth);

/** Splits a superframe (VP9 bitstream specification, annex B) into packets of one frame. */
const superframes: Split = (sample) => {
  const marker = sample.at(-1) ?? 0;
  if ((marker & 0xe0) !== 0xc0) return [sample];
  const bytes = 1 + ((marker >> 3) & 3);
  const frames = 1 + (marker & 7);
  const index = sample.length - 2 - bytes * frames;
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    let size = 0;
    for (let i = 0; i < bytes; i++) size += (sample[index + 1 + frame * bytes + i] ?? 0) * 256 ** i;
    parts.push(sample.subarray(at, at + size));
    at += size;
  }
  return parts;
};

/** Rewrites a file with its samples split. */
async function split(path: string, parts: Split): Promise<ArrayBuffer> {
  const blob = await openAsBlob(path);
  const layout = await readIsoLayout(blob, new AbortController().signal);
  const input = new Input({ source: new BlobSource(blob), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  if (track === null || layout === null) throw new Error("no picture");
  const samples: Sample[] = [];
  let count = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    for (const [nth, bytes] of parts(packet.data, count++).entries()) {
      const ticks = Math.round(packet.timestamp * TICKS);
      samples.push({ bytes, ticks, isKey: packet.type === "key" && nth === 0 });
    }
  }
  const sampleDescriptions = layout.tracks[0]?.sampleDescriptions ?? new Uint8Array(0);
  input.dispose();
  const size = { width: 160, height: 96, rotation: 0 };
  return writeSampleFile({ sampleDescriptions, kind: "video", timescale: TICKS, ...size, samples });
}

describe("a packet is not a picture", () => {
  test.each<[string, string[], Split]>([
    ["H.264, unit by unit", withDelimiters, unitByUnit],
    ["H.265, unit by unit", x265, unitByUnit],
    ["H.264 with empty samples", [...picture, ...x264], withEmpty],
    ["H.264 with large messages", [...picture, ...x264], withLargeMessages],
    ["H.264 with large messages in its second half", [...picture, ...x264], laterWithLargeMessages],
    ["VP9, hidden frames by themselves", vp9, superframes],
  ])("%s", async (_, argv, parts) => {
    const whole = await generatedClip("odd-packets.mp4", argv);
    await inFolder(async (folder) => {
      const path = join(folder, "split.mp4");
      await writeFile(path, new Uint8Array(await split(whole, parts)));
      const opened = await open(path);
      const { frames, frameRate } = opened.facts.video;
      const tasks = await decodeVideoTasks(opened, opened.planJob());
      opened.close();
      expect(frames).toBe(200);
      expect(frameRate).toBeCloseTo(25, 1);
      for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
      expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(await pictureHashes(whole));
    });
  });
});

test("composition offsets below zero in an unsigned run are read signed", async () => {
  const fragmented = [
    ...[...picture, "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2"],
    ...["-movflags", "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"],
  ];
  const whole = await generatedClip("signed.mp4", fragmented);
  const file = await readFile(whole);
  await inFolder(async (folder) => {
    let unsigned: Buffer = file;
    for (let nth = 0; unsigned.indexOf("trun") !== -1 && nth < 4; nth++) {
      unsigned = withBox(unsigned, [`moof[${nth}]`, "traf", "trun"], (body) =>
        Buffer.concat([Buffer.of(0), body.subarray(1)]),
      );
    }
    const path = join(folder, "unsigned.mp4");
    await writeFile(path, new Uint8Array(unsigned));
    const opened = await open(path);
    expect(opened.facts.video.frames).toBe(200);
    const tasks = await decodeVideoTasks(opened, opened.planJob());
    opened.close();
    expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(await pictureHashes(whole));
  });
});

test.each([
  ["reports/drone-sei-aud-samples.mp4", 200],
  ["reports/trun0-negative.mp4", 250],
  ["reports/zlib-tracks.mkv", 250],
])("the real clip %s has %d frames", async (name, frames) => {
  const path = realClip(name);
  if (path === null) return;
  await inFolder(async (folder) => {
    const { plan, warnings } = await makeFolder(path, folder);
    expect(plan.source.video.frames).toBe(frames);
    expect(warnings.filter((warning) => !warning.startsWith("The ladder"))).toEqual([]);
  });
});

test("frames with another one's time are named with the time of the first", async () => {
  const path = realClip("reports/dup-times.mkv");
  if (path === null) return;
  const opened = await open(path);
  const { facts, index } = opened;
  opened.close();
  const [told, ...more] = facts.notices;
  expect(more).toEqual([]);
  expect(told?.code).toBe("FRAMES_MOVED");
  // The moved frame is shown one tick after the previous one.
  const { frameTicks } = index.video;
  const moved = frameTicks.findIndex((at, i) => i > 0 && at - (frameTicks[i - 1] ?? 0) === 1);
  expect(moved).toBeGreaterThan(0);
  expect(told?.atSeconds).toBeCloseTo((frameTicks[moved] ?? 0) / TICKS, 6);
});
