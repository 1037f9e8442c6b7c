import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAvcRecord, withSets } from "../../shared/h264/avc-config.ts";
import { nalUnit, nalUnits } from "../../shared/h264/nal-units.ts";
import { parseSps } from "../../shared/h264/sps.ts";
import { statedAvcRecord, statedPacket } from "../../shared/h264/stated-colours.ts";
import { concat, u32 } from "../../shared/isobmff/write.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";

const BT601 = { primaries: 6, transfer: 6, matrix: 6 };
const START_CODE = [0, 0, 0, 1];

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-stated-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The NAL units of an H.264 stream with B-frames and cropped edges. */
async function streamOf(name: string, args: readonly string[] = []) {
  const source = await generatedClip(name, [
    ...["-f", "lavfi", "-i", "testsrc2=size=180x102:rate=25:duration=2"],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "medium", "-bf", "3", ...args],
  ]);
  const copy = ["-i", source, "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-"];
  return [...nalUnits(await ffmpeg(copy), null)];
}

const hashes = async (path: string) =>
  (await ffmpeg(["-i", path, "-f", "framemd5", "-"])).toString().replace(/^#.*\n/gm, "");

async function written(name: string, units: readonly Uint8Array[]): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, concat(units.flatMap((bytes) => [START_CODE, bytes])));
  return path;
}

test("a stream says its colours, inside as in its record, and decodes to the same pictures", async () => {
  const units = (await streamOf("untagged-2s.mp4")).map(({ bytes }) => bytes);
  const [sps = new Uint8Array()] = units.filter((bytes) => nalUnit(bytes).type === 7);
  const [pps = new Uint8Array()] = units.filter((bytes) => nalUnit(bytes).type === 8);
  expect(parseSps(nalUnit(sps))?.colours).toBeNull();

  const packet = concat(units.flatMap((bytes) => [u32(bytes.length), bytes]));
  const stated = [...nalUnits(statedPacket(packet, 4, BT601) ?? packet, 4)];
  const before = await written("before.h264", units);
  const after = await written(
    "after.h264",
    stated.map(({ bytes }) => bytes),
  );
  expect(await hashes(after)).toBe(await hashes(before));
  const shown = (await ffprobe([
    ...["-show_entries", "stream=color_space,color_primaries,color_range,level", "-of", "json"],
    after,
  ])) as { streams: object[] };
  expect(shown.streams[0]).toMatchObject({ color_space: "smpte170m", color_range: "tv" });

  const tail = [0xfd, 0xf8, 0xf8, 0];
  const head = Uint8Array.from([1, 100, 0, 12, 0xff, 0xe0, 0, ...tail]);
  const record = statedAvcRecord(withSets(head, [sps], [pps]), BT601) ?? new Uint8Array();
  const { spsUnits, ppsUnits, isCutOff } = readAvcRecord(record);
  expect(isCutOff).toBe(false);
  expect(parseSps(spsUnits[0] ?? nalUnit(new Uint8Array()))).toMatchObject({ colours: BT601 });
  expect(ppsUnits.map(({ bytes }) => [...bytes])).toEqual([[...pps]]);
  expect([...record.subarray(-4)]).toEqual(tail);
  // A record that already has the colours stays as it is.
  expect(statedAvcRecord(record, BT601)).toEqual(record);
});

test("packets without parameter sets stay as they are", async () => {
  const units = (await streamOf("untagged-2s.mp4")).filter(({ type }) => type === 1);
  const packet = concat(units.flatMap(({ bytes }) => [u32(bytes.length), bytes]));
  expect(statedPacket(packet, 4, BT601)).toBe(packet);
});

test("nothing is stated of full range or of damaged sets", async () => {
  const [sps] = (await streamOf("full-2s.mp4", ["-color_range", "pc"])).filter(
    ({ type }) => type === 7,
  );
  const bytes = sps?.bytes ?? new Uint8Array();
  expect(parseSps(nalUnit(bytes))?.fullRange).toBe(true);
  const head = Uint8Array.from([1, 100, 0, 12, 0xff, 0xe0, 0]);
  expect(statedAvcRecord(withSets(head, [bytes], []), BT601)).toBeNull();
  expect(statedAvcRecord(withSets(head, [bytes.subarray(0, 5)], []), BT601)).toBeNull();
  expect(statedAvcRecord(head, BT601)).toBeNull();
});
