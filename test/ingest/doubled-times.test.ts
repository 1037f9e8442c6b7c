import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { comparePictures } from "../exactness/picture-likeness.ts";
import { generatedClip } from "../setup/media.ts";
import { inFolder } from "./cut-and-decode.ts";
import { trackStep, withBox } from "./edited-boxes.ts";
import { makeFolder } from "./made-folder.ts";

test("a picture right after another one costs neither its bits nor those of the pictures after it", async () => {
  const clip = await generatedClip("doubled.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-video_track_timescale", "90000"],
  ]);
  await inFolder(async (dir) => {
    const file = await readFile(clip);
    const stts = ["moov", trackStep(file, "vide"), "mdia", "minf", "stbl", "stts"];
    const runs = (...each: [number, number][]) => {
      const body = Buffer.alloc(8 + 8 * each.length);
      body.writeUInt32BE(each.length, 4);
      for (const [i, [count, ticks]] of each.entries()) {
        body.writeUInt32BE(count, 8 + 8 * i);
        body.writeUInt32BE(ticks, 12 + 8 * i);
      }
      return body;
    };
    const doubled = withBox(file, stts, () => runs([124, 3600], [1, 1], [1, 3599], [74, 3600]));
    const path = join(dir, "doubled.mp4");
    await writeFile(path, doubled);
    const { plan } = await makeFolder(path, join(dir, "out"));
    for (const { id } of plan.video) {
      const made = await comparePictures(join(dir, "out", id, "playlist.m3u8"), path);
      expect(made.frames).toBe(200);
      expect(made.worstDb).toBeGreaterThan(33);
      expect(made.inPlace).toBe(1);
    }
  });
});
