// Pictures of every page state: desktop and phone, light and dark, into .cache/screenshots/.
//
//     node test/web/screenshots.ts [STATE...]

import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, startServer } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./stories/contribute-states.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { openStage } from "./stories/open-stage.ts";
import { STATES, type StateName } from "./stories/states.ts";

const OUT = join(root, ".cache/screenshots");
const VIEWPORTS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"] as const;
const WATCHED = ["making", "ready", "missing"] as const;

const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

await mkdir(OUT, { recursive: true });
const stateDir = await mkdtemp(join(tmpdir(), "tributary-screenshots-"));
const server = await startServer({ mode: "dev", stateDir });
const browser = await launchBrowser();
try {
  for (const [size, viewport] of Object.entries(VIEWPORTS)) {
    const { page, run } = await openStage(browser, server.url);
    await page.setViewportSize(viewport);
    const masterUrl = `${server.url}/v/story/master.m3u8`;
    await serveHls(page, `${server.url}/v/story/`);
    const shoot = async (name: string) => {
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(250);
        await page.screenshot({
          path: join(OUT, `${name}-${size}-${colorScheme}.png`),
          fullPage: true,
        });
      }
    };
    for (const name of Object.keys(STATES) as StateName[]) {
      if (!isWanted(name)) continue;
      const plays = name === "playing" || name === "ready";
      await run((stage, given) => stage.showUpload(given.name, given.change), {
        name,
        change: plays ? { masterUrl } : {},
      });
      if (plays) await page.waitForTimeout(1500);
      await shoot(name);
    }
    for (const name of Object.keys(CONTRIBUTE_STATES) as ContributeStateName[]) {
      if (!isWanted(`contribute-${name}`)) continue;
      await run((stage, given) => stage.showContribute(given), name);
      await shoot(`contribute-${name}`);
    }
    if (isWanted("shared")) {
      await run((stage) => stage.showUpload("running"), undefined);
      await page.getByRole("button", { name: "Make a link for helpers" }).click();
      await page.getByRole("img", { name: /QR code/ }).waitFor();
      await shoot("shared");
    }
    for (const watched of WATCHED) {
      if (!isWanted(`watch-${watched}`)) continue;
      await run((stage, given) => stage.showWatch(given.watched, given.masterUrl), {
        watched,
        masterUrl,
      });
      await page.waitForTimeout(1500);
      await shoot(`watch-${watched}`);
    }
    await page.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(OUT);
