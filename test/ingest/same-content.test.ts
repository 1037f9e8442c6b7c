import { appendFile, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseLadder } from "../../shared/plan/plan.ts";
import { fixture, generatedClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

async function contentOf(path: string): Promise<string> {
  const opened = await open(path);
  try {
    return opened.contentOf(opened.planJob(parseLadder("144:120")));
  } finally {
    opened.close();
  }
}

test("a copy with other bytes is the same video: rewritten, encoded again, or with something behind it", async () => {
  const original = await fixture("long-gop-20s.mp4");
  const content = await contentOf(original);
  const remuxed = await generatedClip("copy-remuxed.mp4", [
    ...["-i", original, "-c", "copy", "-metadata", "title=again", "-movflags", "+faststart"],
  ]);
  const encoded = await generatedClip("copy-encoded.mp4", [
    ...["-i", original, "-c:a", "copy", "-c:v", "libx264", "-crf", "30", "-bf", "3"],
    ...["-g", "170", "-sc_threshold", "0", "-pix_fmt", "yuv420p"],
  ]);
  expect(await contentOf(remuxed)).toBe(content);
  expect(await contentOf(encoded)).toBe(content);
  await inFolder(async (folder) => {
    const longer = join(folder, "longer.mp4");
    await copyFile(original, longer);
    await appendFile(longer, "some bytes more");
    expect(await contentOf(longer)).toBe(content);
  });
});

test("another length, key frame, size or sound is another video", async () => {
  const original = await fixture("long-gop-20s.mp4");
  const content = await contentOf(original);
  const encode = (name: string, ...args: string[]) =>
    generatedClip(`other-${name}.mp4`, [
      ...["-i", original, "-c:a", "copy", "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-g", "170", "-sc_threshold", "0", "-bf", "3", "-pix_fmt", "yuv420p", ...args],
    ]);
  const others = [
    await encode("frame", "-frames:v", "499"),
    await encode("keys", "-g", "160"),
    await encode("size", "-s", "640x360"),
    await encode("sound", "-c:a", "aac", "-ac", "1"),
  ];
  for (const other of others) expect(await contentOf(other), other).not.toBe(content);
});

test("a plan of an older build, which says nothing of rounded times, is of the same video", async () => {
  const opened = await open(await fixture("long-gop-20s.mp4"));
  try {
    const plan = opened.planJob(parseLadder("144:120"));
    const { roundedPictures, ...video } = plan.source.video;
    expect(roundedPictures).toBe(0);
    const older = { ...plan, source: { ...plan.source, video } };
    expect(opened.contentOf(older)).toBe(opened.contentOf(plan));
  } finally {
    opened.close();
  }
});
