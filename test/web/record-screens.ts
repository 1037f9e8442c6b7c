// Walks through the real pages of the built app with real videos. Takes a screenshot of each state for desktop and
// phone, light and dark, into .cache/screens/. The best ones become the gallery (test/web/stories/README.md).
//
// node test/web/record-screens.ts FILE [STATE...] (needs ffmpeg; FILE lasts at least half a minute)

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, devices, type Page } from "playwright";
import { root, startServer } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";

const OUT = join(root, ".cache/screens");
const GALLERY = join(root, ".github/screens");
const SCHEMES = ["light", "dark"] as const;
const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];
const DEVICES = {
  desktop: { viewport: { width: 1100, height: 800 }, deviceScaleFactor: 1 },
  phone: { ...phone, viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 },
} as const;
/** Screenshots of the gallery, in order. Each has to be below 40 kB. */
const BEST = [
  ["start-desktop-light", "The start page"],
  ["start-phone-dark", "The start page on a phone"],
  ["picked-desktop-light", "A video is picked: what part of it, its title, who can watch"],
  ["picked-phone-light", "The same on a phone"],
  ["making-desktop-dark", "The video is being made, and plays already"],
  ["helpers-desktop-light", "A link for helpers"],
  ["invited-phone-light", "What a helper sees"],
  ["at-work-phone-dark", "A phone helps"],
  ["queue-desktop-light", "Several videos"],
  ["ready-desktop-light", "The video is ready"],
  ["watch-phone-dark", "The watch page"],
  ["refused-phone-light", "A file that cannot be used"],
] as const;

const INTRODUCTION = `Pictures of the real pages with a real video, made by \`node test/web/record-screens.ts FILE\`, which
takes one of every state: desktop and phone, light and dark. Run it again where a page has changed. The single
states, with made-up figures, are in this folder; \`node test/web/screenshots.ts\` takes pictures of those.`;

const [file, ...wanted] = process.argv.slice(2);
if (file === undefined) throw new Error("Name a video of half a minute or more.");
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

await mkdir(OUT, { recursive: true });
const stateDir = await mkdtemp(join(tmpdir(), "tributary-screens-"));
const server = await startServer({ mode: "preview", stateDir });
const browser = await launchBrowser();
try {
  for (const [device, options] of Object.entries(DEVICES)) {
    const context = await browser.newContext({ ...options, locale: "en", reducedMotion: "reduce" });
    await walk(context, device);
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(stateDir, { recursive: true, force: true });
}
if (wanted.length === 0) await makeGallery();
console.log(OUT);

async function walk(context: BrowserContext, device: string): Promise<void> {
  const shoot = (page: Page, name: string) => shootBoth(page, `${name}-${device}`, isWanted(name));
  const page = await open(context, "/?engine=ffmpeg&slots=1");
  await shoot(page, "start");

  await pick(page, [join(root, "package.json")]);
  await page.locator(".error-card").waitFor({ timeout: 60_000 });
  await shoot(page, "refused");

  await page.goto(`${server.url}/?engine=ffmpeg&slots=1`);
  await pick(page, [file ?? ""]);
  const start = page.getByRole("button", { name: "Start", exact: true });
  await start.waitFor({ timeout: 60_000 });
  await page.getByRole("textbox", { name: "Title" }).fill("Lesson 3: fractions");
  await page.waitForTimeout(1_000);
  await shoot(page, "picked");
  await page.getByText("Expert", { exact: true }).click();
  await shoot(page, "expert");
  await start.click();
  await until(page, ({ job }) => job !== null && job.firstPlayableAtMs !== null);
  // Time for the first part of the video to be shown.
  await page.waitForTimeout(1_500);
  await shoot(page, "making");
  await page.getByRole("button", { name: "Make a link for helpers" }).click();
  const link = await page.getByLabel("Link for helpers", { exact: true }).inputValue();
  await page.locator(".helpers-card").scrollIntoViewIfNeeded();
  await shoot(page, "helpers");

  const helper = await context.newPage();
  await helper.goto(link);
  await helper.getByRole("button", { name: "Start helping" }).waitFor();
  await shoot(helper, "invited");
  await helper.getByRole("button", { name: "Start helping" }).click();
  await helper.locator(".encoders").waitFor({ timeout: 60_000 });
  await shoot(helper, "at-work");
  await shoot(page, "helped");

  await page.reload();
  await page.getByRole("heading", { name: "Go on where you left off" }).waitFor();
  await shoot(page, "go-on");
  await pick(page, [file ?? ""]);
  await until(page, ({ phase }) => phase === "ready");
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(1_500);
  await shoot(page, "ready");
  await helper.getByRole("heading", { name: "The video is finished" }).waitFor();
  await shoot(helper, "helper-done");
  await helper.close();

  const { jobId } = await state(page);
  const watch = await context.newPage();
  await watch.goto(`${server.url}/watch/${jobId}`);
  await watch.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 2);
  await watch.waitForTimeout(500);
  await shoot(watch, "watch");
  await watch.goto(`${server.url}/videos`);
  await watch.getByRole("heading", { level: 3 }).first().waitFor();
  await shoot(watch, "videos");
  await watch.goto(`${server.url}/pool`);
  await watch.getByRole("heading", { level: 1 }).waitFor();
  await shoot(watch, "pool");
  await watch.close();

  const queue = await open(context, "/?ladder=144:140&engine=ffmpeg&slots=1");
  const short = ["plain-8s.mp4", "long-gop-20s.mp4", "vfr-8s.mp4", "silent-8s.mp4"] as const;
  await pick(queue, await Promise.all(short.map((name) => fixture(name))));
  await queue.getByRole("button", { name: "Start all 4" }).click({ timeout: 60_000 });
  await until(queue, ({ fileName, job }) => fileName === short[1] && job !== null);
  await queue.evaluate(() => scrollTo(0, 0));
  await shoot(queue, "queue");
  await queue.locator(".job-columns").getByRole("button", { name: "Cancel" }).click();
  await queue.getByRole("button", { name: "Stop", exact: true }).click();
  await queue.close({ runBeforeUnload: false });
}

async function open(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(server.url + path);
  await page.waitForFunction(() => "tributary" in globalThis);
  return page;
}

function pick(page: Page, files: readonly string[]): Promise<void> {
  return page.locator('input[type="file"]').first().setInputFiles(files);
}

function state(page: Page): Promise<ShownState> {
  return page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );
}

async function until(page: Page, isSo: (state: ShownState) => boolean): Promise<void> {
  for (let left = 600; left > 0; left -= 1) {
    const now = await state(page);
    if (isSo(now)) return;
    if (now.phase === "failed") throw new Error(`The page says: ${now.error?.message}`);
    await page.waitForTimeout(250);
  }
  throw new Error("It takes too long.");
}

async function shootBoth(page: Page, name: string, isIt: boolean): Promise<void> {
  if (!isIt) return;
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({
      path: join(OUT, `${name}-${colorScheme}.png`),
      animations: "disabled",
    });
  }
}

/** Converts the screenshots to WebP, small enough for the repository, and writes the page that shows them. */
async function makeGallery(): Promise<void> {
  await rm(GALLERY, { recursive: true, force: true });
  await mkdir(GALLERY, { recursive: true });
  for (const [name] of BEST) {
    const width = name.includes("-phone-") ? 390 : 880;
    execFileSync("ffmpeg", [
      ...["-v", "error", "-y", "-i", join(OUT, `${name}.png`)],
      ...["-vf", `scale=${width}:-2:flags=lanczos`, "-c:v", "libwebp", "-quality", "62"],
      join(GALLERY, `${name}.webp`),
    ]);
  }
  const pictures = BEST.map(([name, text]) => {
    return `## ${text}\n\n![${text}](../../../.github/screens/${name}.webp)\n`;
  });
  await writeFile(
    join(root, "test/web/stories/README.md"),
    `# Screens\n\n${INTRODUCTION}\n\n${pictures.join("\n")}`,
  );
}
