import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ffmpeg, fixture } from "../setup/media.ts";
import { cut, inFolder, open } from "./cut-and-decode.ts";
import { trackStep, u32, withBox } from "./edited-boxes.ts";

const ONE = 65_536;

/** The first two rows of display matrices as cameras write them (ISO/IEC 14496-12, 8.3.2). */
const MATRICES: [what: string, rotation: number, rows: [number, number, number, number]][] = [
  ["mirrored", 0, [-1, 0, 0, 1]],
  ["upside down and mirrored", 180, [1, 0, 0, -1]],
  ["turned, then mirrored", 90, [0, 1, 1, 0]],
  ["turned the other way, then mirrored", 270, [0, -1, -1, 0]],
];

test.each(MATRICES)("a picture that is %s is shown so", async (_, rotation, [a, b, c, d]) => {
  const file = await readFile(await fixture("silent-8s.mp4"));
  const turned = withBox(file, ["moov", trackStep(file, "vide"), "tkhd"], (body) => {
    const matrix = u32(a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 0x4000_0000);
    return Buffer.concat([body.subarray(0, 40), matrix, body.subarray(76)]);
  });
  await inFolder(async (folder) => {
    const path = join(folder, "source.mp4");
    await writeFile(path, new Uint8Array(turned));
    const opened = await open(path);
    expect(opened.facts.video).toMatchObject({ rotation, mirrored: true });
    const plan = opened.planJob();
    const [task] = plan.tasks;
    if (task === undefined) throw new Error("no task");
    const chunk = join(folder, "chunk.mp4");
    await writeFile(chunk, new Uint8Array((await cut(opened, plan, task)).bytes));
    opened.close();
    const shown = (source: string) =>
      ffmpeg(["-i", source, "-map", "0:v:0", "-frames:v", "20", "-f", "framemd5", "-"]);
    const hashes = async (source: string) =>
      (await shown(source)).toString().match(/[0-9a-f]{32}/g);
    expect(await hashes(chunk)).toEqual(await hashes(path));
  });
});
