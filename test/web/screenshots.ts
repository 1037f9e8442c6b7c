// Takes a screenshot of every page state for desktop and phone, light and dark, into .cache/screenshots/. Two runs
// of the same code give the same pixels: motion is off, and the video itself is hidden.
//
//     npx node test/web/screenshots.ts [--language de|ar] [--look forced|zoomed|narrow] [STATE...]
//
// forced: forced colours; zoomed: the desktop at 200 %; narrow: 320 CSS pixels, like 1280 at 400 %.

import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright";
import { root, startServer } from "../../edge/local/server.ts";
import type { Language } from "../../shared/words/language.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./stories/contribute-states.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { openStage } from "./stories/open-stage.ts";
import { STATES, type StateName } from "./stories/states.ts";
import { TRAY } from "./stories/tray.ts";
import { serveVideos } from "./stories/videos-fixture.ts";

const OUT = join(root, ".cache/screenshots");
const PHONE = { width: 390, height: 844 };
const VIEWPORTS = {
  plain: { desktop: { width: 1280, height: 800 }, phone: PHONE },
  forced: { desktop: { width: 1280, height: 800 }, phone: PHONE },
  zoomed: { desktop: { width: 640, height: 400 } },
  narrow: { phone: { width: 320, height: 256 } },
} as const;
/** Pages that are opened by their address, without a stage. */
const PATHS = { nowhere: "/nowhere", embed: "/embed/none", pool: "/pool", admin: "/admin" };
const WATCHED = ["making", "away", "ready", "missing", "cancelled", "locked"] as const;

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    language: { type: "string", default: "en" },
    look: { type: "string", default: "plain" },
  },
});
const language = values.language as Language;
const look = values.look as keyof typeof VIEWPORTS;
const schemes =
  look === "plain" || look === "forced" ? (["light", "dark"] as const) : ["light" as const];
const suffix = [language === "en" ? "" : `-${language}`, look === "plain" ? "" : `-${look}`].join(
  "",
);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

await mkdir(OUT, { recursive: true });
const stateDir = await mkdtemp(join(tmpdir(), "tributary-screenshots-"));
const server = await startServer({ mode: "dev", stateDir });
const browser = await launchBrowser();
try {
  for (const [size, viewport] of Object.entries(VIEWPORTS[look])) {
    const masterUrl = `${server.url}/v/story/master.m3u8`;
    const prepared = async (page: Page) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ reducedMotion: "reduce" });
      if (look === "forced") await page.emulateMedia({ forcedColors: "active" });
      await serveHls(page, `${server.url}/v/story/`);
    };
    const shoot = async (page: Page, name: string) => {
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(250);
        await page.screenshot({
          path: join(OUT, `${name}-${size}-${colorScheme}${suffix}.png`),
          fullPage: true,
          animations: "disabled",
          // The video element's spinner and decoder belong to the browser, and differ between runs.
          style: "video { visibility: hidden }",
        });
      }
    };
    const still = (page: Page) =>
      page.waitForFunction(() => {
        const video = document.querySelector("video");
        return video !== null && video.readyState >= 2 && !video.seeking;
      });

    const upload = await openStage(browser, server.url, "upload");
    await upload.run((it, given) => it.speak(given), language);
    await prepared(upload.page);
    for (const name of Object.keys(STATES) as StateName[]) {
      if (!isWanted(name)) continue;
      const plays = name === "playing" || name === "ready";
      await upload.run((stage, given) => stage.showUpload(given.name, given.change), {
        name,
        change: plays ? { address: { ...STATES.ready.address, masterUrl } } : {},
      });
      if (plays) await still(upload.page);
      await shoot(upload.page, name);
    }
    if (isWanted("tray")) {
      const given = { name: "playing", tray: TRAY } as const;
      await upload.run((stage, it) => stage.showUpload(it.name, {}, { tray: it.tray }), given);
      await shoot(upload.page, "tray");
    }
    if (isWanted("shared")) {
      await upload.run((stage) => stage.showUpload("running"), undefined);
      await upload.page.locator(".helpers-card > .actions button").click();
      await upload.page.locator(".share-qr").waitFor();
      await shoot(upload.page, "shared");
    }
    await upload.page.close();

    const contribute = await openStage(browser, server.url, "contribute");
    await contribute.run((it, given) => it.speak(given), language);
    await prepared(contribute.page);
    for (const name of Object.keys(CONTRIBUTE_STATES) as ContributeStateName[]) {
      if (!isWanted(`contribute-${name}`)) continue;
      await contribute.run((stage, given) => stage.showContribute(given), name);
      await shoot(contribute.page, `contribute-${name}`);
    }
    await contribute.page.close();

    const watch = await openStage(browser, server.url, "watch");
    await watch.run((it, given) => it.speak(given), language);
    await prepared(watch.page);
    for (const watched of WATCHED) {
      if (!isWanted(`watch-${watched}`)) continue;
      await watch.run((stage, given) => stage.showWatch(given.watched, given.masterUrl), {
        watched,
        masterUrl,
      });
      if (watched === "making" || watched === "ready") await still(watch.page);
      await shoot(watch.page, `watch-${watched}`);
    }
    await watch.page.close();

    if (isWanted("videos")) {
      const page = await browser.newPage({ locale: language });
      await prepared(page);
      await serveVideos(page);
      await page.goto(`${server.url}/videos`);
      await page.getByRole("heading", { level: 3 }).first().waitFor();
      await shoot(page, "videos");
      for (const each of await page.locator("summary").all()) await each.click();
      await shoot(page, "videos-change");
      await page.close();
    }
    for (const [name, path] of Object.entries(PATHS)) {
      if (!isWanted(name)) continue;
      const page = await browser.newPage({ locale: language });
      await prepared(page);
      await page.goto(server.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await shoot(page, name);
      await page.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(OUT);
