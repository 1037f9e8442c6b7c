import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { statedVp9Packet } from "../../shared/vp9-colours.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-vp9-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const FILE_HEADER = 32;
const FRAME_HEADER = 12;

/** Changes the frames of an IVF file. Their times and everything else stay. */
function changed(
  file: Buffer,
  change: (data: Uint8Array<ArrayBuffer>) => Uint8Array | null,
): Buffer {
  const out = Buffer.from(file);
  for (let at = FILE_HEADER; at < file.length; ) {
    const from = at + FRAME_HEADER;
    const to = from + file.readUInt32LE(at);
    out.set(change(Uint8Array.from(file.subarray(from, to))) ?? [], from);
    at = to;
  }
  return out;
}

const ivfOf = async (name: string, args: readonly string[]) => {
  const clip = await generatedClip(name, [
    ...["-f", "lavfi", "-i", "testsrc2=size=176x144:rate=25:duration=2"],
    ...["-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "4", "-b:v", "300k", "-g", "20"],
    ...["-auto-alt-ref", "1", "-lag-in-frames", "16", ...args],
  ]);
  return ffmpeg(["-i", clip, "-c", "copy", "-f", "ivf", "-"]);
};

const hashes = async (path: string) =>
  (await ffmpeg(["-i", path, "-f", "framemd5", "-"])).toString().replace(/^#.*\n/gm, "");

test.each([
  [1, "bt709"],
  [5, "bt470bg"],
  [6, "smpte170m"],
])("key pictures state matrix %i, and all decode to the same", async (matrix, name) => {
  const file = await ivfOf("untagged-vp9-2s.webm", ["-pix_fmt", "yuv420p"]);
  const [before, after] = [join(dir, "before.ivf"), join(dir, `${name}.ivf`)];
  await writeFile(before, file);
  await writeFile(
    after,
    changed(file, (data) => statedVp9Packet(data, matrix)),
  );
  expect(await hashes(after)).toBe(await hashes(before));
  const frames = (await ffprobe(["-show_entries", "frame=color_space", after])) as {
    frames: { color_space?: string }[];
  };
  expect(frames.frames).toHaveLength(50);
  expect(new Set(frames.frames.map((frame) => frame.color_space))).toEqual(new Set([name]));
});

test("nothing is stated of full range, of 4:4:4 and of what is none", async () => {
  const full = await ivfOf("full-vp9-2s.webm", ["-pix_fmt", "yuv420p", "-color_range", "pc"]);
  const first = (file: Buffer) => Uint8Array.from(file.subarray(FILE_HEADER + FRAME_HEADER));
  expect(statedVp9Packet(first(full), 1)).toBeNull();
  const dense = await ivfOf("444-vp9-2s.webm", ["-pix_fmt", "yuv444p"]);
  expect(statedVp9Packet(first(dense), 1)).toBeNull();
  expect(statedVp9Packet(new Uint8Array(0), 1)).toBeNull();
  expect(statedVp9Packet(Uint8Array.of(0x82, 0, 0, 0, 0), 1)).toBeNull();
  // An intra-only frame, which would reset the colours to BT.601.
  expect(statedVp9Packet(Uint8Array.of(0x84, 0x80), 1)).toBeNull();
});
