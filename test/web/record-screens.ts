// Walks through the real pages of the built app with real videos. Takes a screenshot of each state for desktop and
// phone, light and dark, into .cache/screens/. The best ones become the gallery (test/web/stories/README.md).
//
// npx node test/web/record-screens.ts FILE [desktop|phone] [STATE...] (needs ffmpeg; FILE lasts at least half a minute)

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type BrowserContext, devices, type Page } from "playwright";
import { root, startServer } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";

const OUT = join(root, ".cache/screens");
const GALLERY = join(root, ".github/screens");
const PART_SECONDS = 6;
const SCHEMES = ["light", "dark"] as const;
const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];
const DEVICES = {
  desktop: { viewport: { width: 1100, height: 800 }, deviceScaleFactor: 1 },
  phone: { ...phone, viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 },
} as const;
/** The gallery, in order: the screenshot, its title, and a sentence about it. */
const BEST = [
  ["start-desktop-light", "The start page", "Videos are chosen, dropped anywhere or pasted."],
  ["start-phone-dark", "On a phone", "A video comes from the gallery or is recorded now."],
  ["picked-desktop-light", "A video is picked", "Nothing leaves the device before *Start*."],
  ["picked-phone-light", "The same on a phone", "Two handles choose the part that is shared."],
  ["making-desktop-dark", "The video is being made", "It plays already while the rest is made."],
  ["helpers-desktop-light", "A link for helpers", "Others open it, or scan it with their phones."],
  ["invited-phone-light", "What a helper sees", "The page says what helping costs."],
  ["at-work-desktop-dark", "A device helps", "It can pause or stop at any time."],
  ["queue-desktop-light", "Several videos", "Each has one bar and one sentence."],
  ["watch-desktop-light", "The watch page", "Anybody who has the link can watch."],
  ["videos-desktop-dark", "Your videos", "They are changed, downloaded and deleted here."],
  ["refused-phone-light", "A file that is no video", "The page says what is wrong and what to do."],
] as const;
/** Bytes of all pictures of the gallery: people clone them. */
const MOST_BYTES = 600_000;

const INTRODUCTION = `The real pages with a real video. This command takes a picture of every state, on desktop and phone, in light and
dark, into \`.cache/screens/\`, keeps these twelve as WebP in \`.github/screens/\`, and writes this page:

    npx node test/web/record-screens.ts FILE

Run it again where a page has changed. The single states with made-up figures are the stories in this folder:
\`npx node test/web/screenshots.ts\` takes pictures of them, and tests show each to axe in every language.

The video is *Big Buck Bunny*, © 2008 Blender Foundation, bigbuckbunny.org, CC BY 3.0.`;

const [file, ...wanted] = process.argv.slice(2);
if (file === undefined) throw new Error("Name a video of half a minute or more.");
const states = wanted.filter((name) => !(name in DEVICES));
const isWanted = (name: string) => states.length === 0 || states.includes(name);
const isOneDevice = states.length < wanted.length;

await mkdir(OUT, { recursive: true });
const stateDir = await mkdtemp(join(tmpdir(), "tributary-screens-"));
const server = await startServer({ mode: "preview", stateDir });
const browser = await launchBrowser();
try {
  for (const [device, options] of Object.entries(DEVICES)) {
    if (isOneDevice && !wanted.includes(device)) continue;
    const context = await browser.newContext({ ...options, locale: "en", reducedMotion: "reduce" });
    context.setDefaultTimeout(120_000);
    await walk(context, device);
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(stateDir, { recursive: true, force: true });
}
if (BEST.every(([name]) => existsSync(join(OUT, `${name}.png`)))) await makeGallery();
console.log(OUT);

async function walk(context: BrowserContext, device: string): Promise<void> {
  const shoot = (page: Page, name: string) => shootBoth(page, `${name}-${device}`, isWanted(name));
  const page = await open(context, "/?engine=ffmpeg&slots=1");
  await shoot(page, "start");

  await pick(page, [join(root, "package.json")]);
  await page.locator(".error-card").waitFor();
  await shoot(page, "refused");

  await page.goto(`${server.url}/?engine=ffmpeg&slots=1`);
  await pick(page, [file ?? ""]);
  const start = page.getByRole("button", { name: "Start", exact: true });
  await start.waitFor();
  await page.locator("video[poster]").waitFor();
  await page.getByRole("textbox", { name: "Title" }).fill("Film evening: Big Buck Bunny");
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
  await helper.locator(".encoders").waitFor();
  await helper.waitForTimeout(3_000);
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
  await watch.waitForLoadState("networkidle");
  await shoot(watch, "videos");
  await watch.goto(`${server.url}/pool`);
  await watch.getByRole("heading", { level: 1 }).waitFor();
  await shoot(watch, "pool");
  await watch.close();

  const queue = await open(context, "/?ladder=144:140&engine=ffmpeg&slots=1");
  const parts = cutParts(file ?? "");
  await pick(queue, parts);
  await queue.getByRole("button", { name: "Start all 4" }).click();
  await until(
    queue,
    ({ fileName, job }) => fileName === basename(parts[1] ?? "") && (job?.progress ?? 0) > 0.3,
  );
  await queue.evaluate(() => scrollTo(0, 0));
  await shoot(queue, "queue");
  await queue.close({ runBeforeUnload: false });
}

/** The beginning of the video as four short ones. */
function cutParts(source: string): string[] {
  return [1, 2, 3, 4].map((number) => {
    const path = join(stateDir, `Film evening, part ${number}.mp4`);
    const at = String((number - 1) * PART_SECONDS);
    execFileSync("ffmpeg", [
      ...["-v", "error", "-y", "-ss", at, "-i", source, "-t", String(PART_SECONDS)],
      ...["-c", "copy", path],
    ]);
    return path;
  });
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
  let bytes = 0;
  for (const [name] of BEST) {
    const width = name.includes("-phone-") ? 390 : 880;
    const path = join(GALLERY, `${name}.webp`);
    execFileSync("ffmpeg", [
      ...["-v", "error", "-y", "-i", join(OUT, `${name}.png`)],
      ...["-vf", `scale=${width}:-2:flags=lanczos`, "-c:v", "libwebp", "-quality", "62", path],
    ]);
    bytes += (await stat(path)).size;
  }
  if (bytes > MOST_BYTES) throw new Error(`The gallery has ${bytes} bytes.`);
  const pictures = BEST.map(([name, title, sentence]) => {
    return `## ${title}\n\n${sentence}\n\n![${title}](../../../.github/screens/${name}.webp)\n`;
  });
  await writeFile(
    join(root, "test/web/stories/README.md"),
    `# Screens\n\n${INTRODUCTION}\n\n${pictures.join("\n")}`,
  );
  console.log(`${BEST.length} pictures, ${bytes} bytes`);
}
