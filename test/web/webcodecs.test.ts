import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { checkOutputs } from "../../shared/cmaf/check.ts";
import { NOMINAL_PEAK, WHITE } from "../../shared/encode/tone-curve.ts";
import { segmentDurationTicks, segmentFrames, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { parseLadder } from "../../shared/plan/plan.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { comparePictures } from "../exactness/picture-likeness.ts";
import { compareColours } from "../exactness/plane-likeness.ts";
import { type FixtureName, fixture, realClip } from "../setup/media.ts";
import { type EngineRun, runWebCodecs } from "./engine-run.ts";

let browser: Browser;
let dir: string;
beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-webcodecs-"));
});
afterAll(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

const LADDER = parseLadder("240:300,144:140");

async function run(file: string, otherPps?: string): Promise<EngineRun> {
  const page = await openBlankPage(browser, inject("serverUrl"));
  try {
    const clip = `/clip/${basename(file)}`;
    await page.route(`**${clip}`, (route) => route.fulfill({ path: file }));
    return await runWebCodecs(page, clip, LADDER, otherPps);
  } finally {
    await page.close();
  }
}

/** Joins a rendition's init segment and all its media segments to a playable file. @returns its path */
async function joined({ outputs }: EngineRun, rendition: string): Promise<string> {
  const own = outputs.filter((output) => output.rendition === rendition);
  const [init] = own.filter(({ kind }) => kind === "init");
  const media = own.filter(({ kind }) => kind === "media").sort((a, b) => a.segment - b.segment);
  const path = join(dir, `${rendition}.mp4`);
  await writeFile(
    path,
    Buffer.concat([init, ...media].map((output) => output?.bytes ?? Buffer.of())),
  );
  return path;
}

const GENERATED: FixtureName[] = ["long-gop-20s.mp4", "vfr-8s.mp4", "vp9-8s.webm"];
const REAL = ["editlist-midgop.mp4", "anamorphic-sar.mp4", "odd-853x479.webm", "start10s.ts"];
const CLIPS = [
  ...GENERATED.map((name) => ({ name, file: () => fixture(name), isThere: true })),
  ...REAL.map((name) => ({
    name,
    file: async () => realClip(name) ?? "",
    isThere: realClip(name) !== null,
  })),
];

describe.each(CLIPS)("$name", ({ file, isThere }) => {
  test.skipIf(!isThere)(
    "passes the gate, every picture in its place, near the asked bits",
    async () => {
      const source = await file();
      const made = await run(source);
      expect(made.refused).toEqual([]);
      const { plan, outputs } = made;
      const grant = { renditions: plan.video, segments: plan.segments };
      for (const task of new Set(outputs.map((output) => output.task))) {
        checkOutputs(
          outputs.filter((output) => output.task === task),
          grant,
        );
      }
      for (const { id, bitsPerSecond } of plan.video) {
        const own = outputs.filter((output) => output.rendition === id);
        const inits = own
          .filter(({ kind }) => kind === "init")
          .map(({ bytes }) => bytes.toString("hex"));
        expect(new Set(inits).size, `${id}: init segments`).toBe(1);
        const frames = plan.segments.reduce((sum, segment) => sum + segmentFrames(segment), 0);
        const likeness = await comparePictures(await joined(made, id), source);
        expect(likeness.frames, `${id}: frames`).toBe(frames);
        expect(likeness.worstDb, `${id}: the worst picture`).toBeGreaterThan(18);
        expect(likeness.inPlace, `${id}: moving pictures in their place`).toBeGreaterThan(0.97);
        for (const { segment, bytes } of own.filter(({ kind }) => kind === "media")) {
          const planned = plan.segments[segment];
          if (planned === undefined) throw new Error(`No segment ${segment}.`);
          const seconds = segmentDurationTicks(planned) / TICKS_PER_SECOND;
          // A segment of a second is too short for rate control. Only too many bits are a fault: plain frames need
          // few.
          if (seconds < 2) continue;
          expect((bytes.length * 8) / seconds / bitsPerSecond, `${id}/${segment}`).toBeLessThan(
            1.15,
          );
        }
      }
    },
  );
});

/** The ffmpeg engine's filters for HDR sources. */
const LIGHT = `t=linear:npl=${NOMINAL_PEAK},format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0:peak=${WHITE},zscale=t=bt709:m=bt709:r=tv,format=yuv420p`;

describe.each([
  ["av1-pq-2s.mp4", `zscale=${LIGHT}`, "TONE_MAPPED"],
  ["av1-hlg-2s.mp4", `zscale=${LIGHT}`, "TONE_MAPPED"],
  ["av1-10bit-2s.mp4", "null", "DEPTH_REDUCED"],
] as const)("%s", (name, filter, code) => {
  test("comes out with the colours of the ffmpeg engine, and says what is lost", async () => {
    const source = await fixture(name);
    const made = await run(source);
    expect(made.refused).toEqual([]);
    expect(made.plan.source.notices.map((notice) => notice.code)).toEqual([code]);
    for (const { id, width, height } of made.plan.video) {
      const { frames, planes } = await compareColours(
        await joined(made, id),
        source,
        { width, height },
        filter,
      );
      expect(frames).toBe(50);
      for (const { plane, sourceMean, madeMean, psnrDb } of planes) {
        expect(Math.abs(sourceMean - madeMean), `${id} ${plane}: mean`).toBeLessThan(1);
        expect(psnrDb, `${id} ${plane}: PSNR`).toBeGreaterThan(30);
      }
    }
  });
});

test("another encoder's place in the plan is not taken: refused at the first picture", async () => {
  // The picture parameter set of Firefox, whose encoder is x264.
  const { refused, plan, wallMs } = await run(await fixture("long-gop-20s.mp4"), "aOvssiw=");
  expect(refused).toHaveLength(plan.tasks.filter(({ kind }) => kind === "video").length);
  for (const { code } of refused) expect(code).toBe("INIT_MISMATCH");
  expect(wallMs).toBeLessThan(10_000);
});

test("open groups of pictures are refused, not decoded to nothing", async () => {
  const { refused, plan } = await run(await fixture("open-gop-14s.mp4"));
  expect(refused.length).toBe(plan.tasks.length - 1);
  for (const { code } of refused) expect(code).toBe("ENGINE_UNAVAILABLE");
});

test.skipIf(realClip("rotated90.mp4") === null)("turned pictures are refused", async () => {
  const { refused } = await run(realClip("rotated90.mp4") ?? "");
  expect(refused[0]).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
});
