import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { networkAddresses } from "../../edge/local/own-network.ts";
import { type RunningServer, startServer } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";

// `npm start -- --host`: other devices of the network get secure pages, where browsers encode.

const [address = "127.0.0.1"] = networkAddresses();

let browser: Browser;
let server: RunningServer;
let stateDir: string;
let url: string;
beforeAll(async () => {
  // A browser takes an authority only by its system's settings.
  browser = await launchBrowser(["--ignore-certificate-errors"]);
  stateDir = await mkdtemp(join(tmpdir(), "tributary-lan-"));
  server = await startServer({ mode: "preview", stateDir, viteArguments: ["--host"] });
  url = server.url.replace("localhost", address);
  const ca = await readFile(join(stateDir, "tls/ca.pem"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), ca]);
});
afterAll(async () => {
  setDefaultCACertificates(getCACertificates("bundled"));
  await browser?.close();
  await server?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test("the certificate is for the addresses that this machine has", async () => {
  // `fetch` refuses a certificate for another name.
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(server.url)).status).toBe(200);
});

for (const engine of ["ffmpeg", "server"] as const) {
  test(`a tab at the network's address makes a whole video, engine ${engine}`, async () => {
    const file = await fixture("plain-8s.mp4");
    await using video = await makeVideo(browser, {
      ...{ serverUrl: url, file, engine, ladder: SMALL_LADDER },
      prepare: async ({ page }) => {
        await page.goto(url);
        expect(await page.evaluate(() => isSecureContext)).toBe(true);
      },
    });
    expect(video.job.masterUrl).toContain(address);
    await expectExactPictures(video, { source: file });
  });
}

test("the authority is kept over a new start", async () => {
  const before = await readFile(join(stateDir, "tls/ca.pem"), "utf8");
  await server.stop();
  server = await startServer({ mode: "preview", stateDir, viteArguments: ["--host"] });
  expect(await readFile(join(stateDir, "tls/ca.pem"), "utf8")).toBe(before);
});
