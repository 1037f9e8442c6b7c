import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { captionsOf } from "../../shared/ingest/read/captions-inside.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

// Captions of American television (CEA-608/708) are in the SEI messages or user data of frames.

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=12"];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "0"];

const PADDING = [0xfc, 0x80, 0x80];
const TEXT = [0xfc, 0xc8, 0x49];

/** A NAL unit, with its start code, of an SEI message with captions. */
function sei(triple: readonly number[]): Uint8Array {
  const filler = [0xfa, 0x00, 0x00, 0xfa, 0x00, 0x01];
  const data = [0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3, 0xc3, 0xff, ...triple, ...filler, 0xff];
  const unit = [6, 4, data.length, ...data, 0x80];
  const escaped: number[] = [];
  for (const byte of unit) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  return Uint8Array.from([0, 0, 0, 1, ...escaped]);
}

/**
 * A clip with such a message before each frame.
 * @param textFrom frame from which on it has text; before, only padding
 */
async function withCaptions(dir: string, textFrom: number): Promise<string> {
  const plain = await readFile(await generatedClip("plain.h264", [...PICTURE, ...H264]));
  const parts: Uint8Array[] = [];
  let done = 0;
  let picture = 0;
  for (let at = 0; at + 5 < plain.length; at += 1) {
    if (plain[at] !== 0 || plain[at + 1] !== 0 || plain[at + 2] !== 1) continue;
    const type = (plain[at + 3] ?? 0) & 31;
    if (type !== 1 && type !== 5) continue;
    const from = plain[at - 1] === 0 ? at - 1 : at;
    parts.push(plain.subarray(done, from), sei(picture >= textFrom ? TEXT : PADDING));
    done = from;
    picture += 1;
  }
  parts.push(plain.subarray(done));
  expect(picture).toBe(300);
  const path = join(dir, "captions.h264");
  await writeFile(path, Buffer.concat(parts));
  return path;
}

async function warned(path: string): Promise<(number | null)[]> {
  const source = await open(path);
  const found = source.facts.notices.filter(({ code }) => code === "CAPTIONS_INSIDE_LEFT_OUT");
  source.close();
  return found.map(({ atSeconds }) => atSeconds);
}

const FORMS = {
  "h264.mp4": ["-c", "copy"],
  "h264.ts": ["-c", "copy"],
  "h264.mkv": ["-c", "copy"],
  "mpeg2.mpg": ["-c:v", "mpeg2video", "-b:v", "1M", "-a53cc", "1"],
} as const;

for (const [name, how] of Object.entries(FORMS)) {
  test(`${name}: captions inside the pictures are named, with their time`, async () => {
    await inFolder(async (dir) => {
      const raw = await withCaptions(dir, 40);
      const path = join(dir, name);
      await ffmpeg(["-r", "25", "-i", raw, ...how, path]);
      // Native ffmpeg also finds the captions.
      const probed = await ffprobe([...["-show_frames", "-read_intervals", "%+#60"], path]);
      expect(JSON.stringify(probed)).toContain("ATSC A53 Part 4 Closed Captions");
      const [atSeconds, ...others] = await warned(path);
      expect(others).toEqual([]);
      expect(Math.abs((atSeconds ?? -1) - 1.6)).toBeLessThan(0.1);
    });
  });
}

test("captions that begin late are found by further looks; mere room for them is no caption", async () => {
  await inFolder(async (dir) => {
    for (const [textFrom, wanted] of [
      [200, 1],
      [300, 0],
    ] as const) {
      const raw = await withCaptions(dir, textFrom);
      const path = join(dir, `${textFrom}.mp4`);
      await ffmpeg(["-r", "25", "-i", raw, "-c", "copy", path]);
      expect(await warned(path)).toHaveLength(wanted);
      await rm(raw);
    }
  });
});

test("other bytes are no captions", () => {
  const unit = sei(TEXT);
  expect(captionsOf(unit)).toBe("filled");
  expect(captionsOf(sei(PADDING))).toBe("empty");
  for (let at = 7; at < 15; at += 1) {
    const other = Uint8Array.from(unit);
    other[at] = (other[at] ?? 0) ^ 0x40;
    expect(captionsOf(other), `byte ${at}`).toBe("none");
  }
  expect(captionsOf(new Uint8Array(0))).toBe("none");
  expect(captionsOf(unit.subarray(0, 15))).not.toBe("filled");
});
