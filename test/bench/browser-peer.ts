import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Page } from "playwright";
import { launchBrowser } from "../../web/headless/browser.ts";
import { servePeers } from "./peer-server.ts";

/** Opens a fresh browser with a blank page, which can load packages and the clip. Closes it after `work`. */
export async function withPeerPage<T>(
  clipPath: string,
  outDir: string,
  signal: AbortSignal,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const server = await servePeers(clipPath);
  const browser = await launchBrowser();
  const interrupted = () => void browser.close();
  signal.addEventListener("abort", interrupted, { once: true });
  try {
    const page = await browser.newPage();
    await page.addInitScript("globalThis.load = (address) => import(address);");
    await page.goto(`${server.url}/blank`);
    await page.exposeFunction("keepFile", async (name: string, base64: string) => {
      const path = join(outDir, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, Buffer.from(base64, "base64"));
    });
    await page.evaluate(() => {
      globalThis.keepBytes = async (name, bytes) => {
        let binary = "";
        for (let at = 0; at < bytes.length; at += 0x8000) {
          binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
        }
        await globalThis.keepFile(name, btoa(binary));
      };
    });
    return await work(page);
  } finally {
    signal.removeEventListener("abort", interrupted);
    await browser.close();
    server.stop();
  }
}

declare global {
  /** For the page: writes bytes to a file in the run's folder. */
  var keepBytes: (name: string, bytes: Uint8Array) => Promise<void>;
  var keepFile: (name: string, base64: string) => Promise<void>;
}
