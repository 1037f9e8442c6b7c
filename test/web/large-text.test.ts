import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { PoolClient } from "../../web/pool-client.ts";
import { latinTexts } from "./latin-texts.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./stories/contribute-states.ts";
import { openStage } from "./stories/open-stage.ts";
import { STATES, type StateName } from "./stories/states.ts";
import { TRAY } from "./stories/tray.ts";
import { serveVideos } from "./stories/videos-fixture.ts";

// No page is wider than its window: not in the narrowest one, nor on a phone whose letters are twice as large
// (WCAG 1.4.4, 1.4.10). German has the longest words, Arabic goes from right to left.

const serverUrl = inject("serverUrl");
const adminToken = inject("adminToken");
const LANGUAGES = ["de", "ar"] as const;
/** Width in CSS pixels; size of the browser's letters, 16 by default. */
const LOOKS = [
  { width: 320, letters: 16 },
  { width: 390, letters: 32 },
] as const;
const HELD_STATES = ["making", "away", "ready", "missing", "cancelled", "locked"] as const;
/** Titles and names in the fixtures. */
const WRITTEN = ["harbour-walk-2026", "Harbour walk", "Along the quay, in the evening."];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

type Look = (typeof LOOKS)[number];

async function lookAt(page: Page, { width, letters }: Look): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: letters, fixed: letters } });
  await devtools.detach();
  await page.setViewportSize({ width, height: 700 });
}

/** What stands out of the window, if anything does. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    // Canvases are sized after the first layout.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const out = [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return right > clientWidth + 0.5 || left < -0.5;
    });
    // Where no box stands out, a word does.
    return [`${scrollWidth - clientWidth} px: ${out.at(-1)?.outerHTML.slice(0, 160) ?? "a word"}`];
  });
}

async function faultsOf(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const look of LOOKS) {
    await lookAt(page, look);
    const found = await tooWide(page);
    faults.push(...found.map((each) => `${name}, ${Object.values(look)}: ${each}`));
  }
  return faults;
}

test("every state of the upload page", async () => {
  const stage = await openStage(browser, serverUrl, "upload");
  const faults: string[] = [];
  for (const language of LANGUAGES) {
    await stage.run((it, given) => it.speak(given), language);
    for (const look of LOOKS) {
      await lookAt(stage.page, look);
      for (const name of Object.keys(STATES) as StateName[]) {
        const given = { name, tray: name === "playing" ? TRAY : [] };
        await stage.run((it, { name, tray }) => it.showUpload(name, {}, { tray }), given);
        const found = await tooWide(stage.page);
        faults.push(...found.map((each) => `${name}, ${language}, ${look.letters}: ${each}`));
      }
    }
  }
  expect(faults).toEqual([]);
});

test("every state of the helper's and the watch page", async () => {
  const faults: string[] = [];
  const helping = await openStage(browser, serverUrl, "contribute");
  const watching = await openStage(browser, serverUrl, "watch");
  for (const language of LANGUAGES) {
    for (const { run } of [helping, watching]) await run((it, given) => it.speak(given), language);
    for (const look of LOOKS) {
      for (const { page } of [helping, watching]) await lookAt(page, look);
      for (const name of Object.keys(CONTRIBUTE_STATES) as ContributeStateName[]) {
        await helping.run((it, given) => it.showContribute(given), name);
        faults.push(
          ...(await tooWide(helping.page)).map((each) => `${name}, ${language}: ${each}`),
        );
      }
      for (const name of HELD_STATES) {
        for (const embedded of [false, true]) {
          const given = { name, embedded };
          await watching.run(
            (it, { name, embedded }) => it.showWatch(name, "/v/none/master.m3u8", embedded),
            given,
          );
          const found = await tooWide(watching.page);
          faults.push(...found.map((each) => `${name}, ${embedded}, ${language}: ${each}`));
        }
      }
    }
  }
  expect(faults).toEqual([]);
});

test.each(LANGUAGES)("all other pages, in %s, with no word of another language", async (locale) => {
  const context = await browser.newContext({ locale, reducedMotion: "reduce" });
  const pool = await new PoolClient(serverUrl).create("Media club");
  const faults: string[] = [];
  const see = async (address: string, prepare: (page: Page) => Promise<unknown>) => {
    const page = await context.newPage();
    const url = new URL(address, serverUrl);
    if (url.pathname === "/videos") await serveVideos(page);
    await page.goto(url.href);
    await page.locator("h1").first().waitFor();
    await prepare(page);
    faults.push(...(await faultsOf(page, url.pathname)));
    if (locale === "ar") {
      const isAdmin = url.pathname === "/admin";
      // Videos of other tests.
      const titles = isAdmin ? await page.locator('a[href^="/watch/"]').allInnerTexts() : [];
      const written = [...WRITTEN, ...titles, "Media club", "Being made", "Broken", "Given up"];
      const names = [...written, url.host];
      faults.push(...(await latinTexts(page, names)).map((each) => `${url.pathname}: ${each}`));
    }
    await page.close();
  };
  const nothing = async () => {};
  await see("/videos", async (page) => {
    await page.locator("article summary, li summary").first().waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
  });
  await see("/admin", nothing);
  await see("/admin", async (page) => {
    await page.locator("input[type=password]").fill(adminToken);
    await page.locator("button[type=submit]").click();
    await page.locator("dl.figures").waitFor();
  });
  await see("/pool", nothing);
  await see(pool.joinUrl, (page) => page.locator("input, select").first().waitFor());
  await see(pool.askUrl, nothing);
  await see(pool.operatorUrl, (page) => page.locator("table, dl").first().waitFor());
  await see("/join/0123456789abcdefghjk#none", (page) => page.locator("[role=alert] h1").waitFor());
  await see("/nowhere", nothing);
  await see("/watch/0123456789abcdefghjk", (page) => page.locator(".error-card").waitFor());
  await see("/embed/0123456789abcdefghjk", nothing);
  await see("/frame/upload?site=https://elsewhere.example", nothing);
  await context.close();
  expect(faults).toEqual([]);
});
