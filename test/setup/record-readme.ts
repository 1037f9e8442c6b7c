// Records the README's animation from the real page: a video is picked, shared, made and ready.
//
// node test/setup/record-readme.ts FILE (needs ffmpeg)

import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, startServer } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Name a video to be made.");
const SIZE = { width: 1000, height: 720 };
const EVERY_MS = 250;
/** Playback speed of the animation. */
const SPEED = 2;
const LINGER_FRAMES = 12;

const dir = await mkdtemp(join(tmpdir(), "tributary-record-"));
const server = await startServer({ mode: "preview", stateDir: join(dir, "state") });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await page.goto(server.url);
  let frames = 0;
  const shoot = async () => {
    const name = `${String(frames).padStart(4, "0")}.png`;
    await writeFile(join(dir, name), await page.screenshot());
    frames += 1;
  };
  const phase = () =>
    page.evaluate(
      () =>
        (globalThis as unknown as { tributary: { state: { phase: string } } }).tributary.state
          .phase,
    );
  const shootUntil = async (wanted: string, most: number) => {
    for (let left = most; left > 0; left -= 1) {
      await shoot();
      const now = await phase();
      if (now === wanted) return;
      if (now === "failed") throw new Error("The page says that it failed.");
      await page.waitForTimeout(EVERY_MS);
    }
    throw new Error(`Not ${wanted} in time.`);
  };
  for (let index = 0; index < LINGER_FRAMES / 2; index += 1) await shoot();
  await page.locator('input[type="file"]').first().setInputFiles(file);
  await shootUntil("inspected", 100);
  for (let index = 0; index < LINGER_FRAMES; index += 1) await shoot();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await shootUntil("ready", 1000);
  for (let index = 0; index < LINGER_FRAMES; index += 1) await shoot();
  const rate = (1000 / EVERY_MS) * SPEED;
  execFileSync("ffmpeg", [
    ...["-v", "error", "-y", "-framerate", String(rate), "-i", join(dir, "%04d.png")],
    ...[
      "-vf",
      "scale=800:-1:flags=lanczos",
      "-c:v",
      "libwebp_anim",
      "-quality",
      "60",
      "-loop",
      "0",
    ],
    join(root, ".github/tributary.webp"),
  ]);
} finally {
  await browser.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}
