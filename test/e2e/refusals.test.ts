import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { toWireError } from "../../shared/job/errors.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { clipFacts, fixture, generatedClip, realClip } from "../setup/media.ts";
import { inspect, makeVideo, SMALL_LADDER } from "./made-video.ts";

// A file that cannot become a video is refused with a code, within seconds, before any job is made.

let browser: Browser;
let dir: string;
beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-refused-"));
});
afterAll(async () => {
  await browser.close();
  await rm(dir, { recursive: true, force: true });
});

async function pick(file: string, { engine = "auto", servers = true } = {}) {
  const parts = { serverUrl: inject("serverUrl"), engine, slots: null, ladder: null };
  let jobs = 0;
  const tab = await OwnerTab.open(
    browser,
    parts,
    () => {},
    async ({ page }) => {
      const json = { servers: false, createToken: false };
      if (!servers) await page.route("**/api/site", (route) => route.fulfill({ json }));
    },
  );
  tab.page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/jobs")) jobs += 1;
  });
  try {
    const state = await inspect(tab, file);
    // The page has a second alert, for dropped files, which is empty.
    const alert = tab.page.getByRole("alert").filter({ hasText: /\S/ }).first();
    const text = state.phase === "failed" ? await alert.innerText().catch(() => "") : "";
    return { phase: state.phase, code: state.error?.code, text, jobs };
  } finally {
    await tab.close();
  }
}

async function written(name: string, bytes: Buffer | string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
}

const MADE: { what: string; code: RegExp; make(): Promise<string> }[] = [
  { what: "an empty file", code: /^SOURCE_EMPTY$/, make: () => written("empty.mp4", "") },
  {
    what: "a text file that calls itself a video",
    code: /^SOURCE_(UNREADABLE|UNSUPPORTED)$/,
    make: () => written("text.mp4", "This is no video at all.\n".repeat(400)),
  },
  {
    what: "an mp4 whose index was never written",
    code: /^SOURCE_(TRUNCATED|UNREADABLE|CORRUPT)$/,
    make: async () => {
      const whole = await readFile(await fixture("plain-8s.mp4"));
      return written("no-index.mp4", whole.subarray(0, Math.floor(whole.length * 0.6)));
    },
  },
];

test.each(MADE)("$what is refused", async ({ code, make }) => {
  const refused = await pick(await make());
  expect(refused).toMatchObject({ phase: "failed", jobs: 0 });
  expect(refused.code).toMatch(code);
  expect(refused.text.length).toBeGreaterThan(20);
  // The text is for people and shows no code.
  expect(refused.text).not.toContain("SOURCE_");
});

test("AV1 that the browser is not to decode is refused where there are no servers, in words", async () => {
  const file = await generatedClip("av1-2s.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=2"],
    ...["-c:v", "libaom-av1", "-cpu-used", "8", "-b:v", "200k"],
  ]);
  const refused = await pick(file, { engine: "ffmpeg", servers: false });
  expect(refused).toMatchObject({ phase: "failed", jobs: 0, code: "DECODER_MISSING" });
  expect(refused.text).toMatch(/another browser, or a server/);
  expect(await pick(file, { servers: false })).toMatchObject({ phase: "inspected", text: "" });
  expect(await pick(file, { engine: "ffmpeg" })).toMatchObject({ phase: "inspected", text: "" });
});

const errorClips = clipFacts().filter(({ expect }) => expect === "error");
/** Not refused: it becomes a video with a card as its picture. */
const SOUND_ALONE = "audio-only.m4a";
const salvageable = ({ native }: (typeof errorClips)[number]) =>
  ((native as { lenient?: { frames: number } } | undefined)?.lenient?.frames ?? 0) > 0;

describe.skipIf(errorClips.length === 0)("real files that are no whole video", () => {
  test.each(errorClips.filter((clip) => !salvageable(clip) && clip.file !== SOUND_ALONE))(
    "$file is refused",
    async (clip) => {
      const refused = await pick(realClip(clip.file) ?? "");
      expect(refused.phase).toBe("failed");
      expect(refused.code).toMatch(/^SOURCE_/);
      expect(refused.text.length).toBeGreaterThan(20);
      expect(refused.jobs).toBe(0);
    },
  );

  // Files of which only a part can be decoded. They fail, or become a video with a warning; never without one.
  test.each(errorClips.filter(salvageable))("$file is no silent success", async ({ file }) => {
    const serverUrl = inject("serverUrl");
    const path = realClip(file) ?? "";
    const outcome = await makeVideo(browser, { serverUrl, file: path, ladder: SMALL_LADDER }).then(
      async (video) => {
        await using made = video;
        return { code: null, warnings: made.status.warnings };
      },
      (thrown: unknown) => ({ code: toWireError(thrown).code, warnings: [] }),
    );
    if (outcome.code === null) expect(outcome.warnings).not.toEqual([]);
    else expect(outcome.code).toMatch(/^(SOURCE_|DECODE_FAILED|TASK_FAILED|FRAME_COUNT_WRONG)/);
  });
});
