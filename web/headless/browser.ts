import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright";

/** Usual paths of a system's browser. Playwright's own Chromium is of no use, because it has no H.264. */
const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Path of the browser to drive: CHROMIUM_PATH, or one of CANDIDATES; undefined where none is found. */
export function browserPath(): string | undefined {
  const named = process.env["CHROMIUM_PATH"];
  if (named) return existsSync(named) ? named : undefined;
  return CANDIDATES.find((path) => existsSync(path));
}

/**
 * A headless Chromium that makes no network requests of its own. The caller closes it.
 *
 * @param extraFlags e.g. `--enable-precise-memory-info`
 */
export async function launchBrowser(extraFlags: readonly string[] = []): Promise<Browser> {
  const executablePath = browserPath();
  if (!executablePath) throw new Error("No Chromium found: install it or set CHROMIUM_PATH.");
  return chromium.launch({
    executablePath,
    // On a signal the caller closes the browser itself, and may have to print something first.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // The sandbox needs rights that root in a container does not have.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--autoplay-policy=no-user-gesture-required",
      ...extraFlags,
    ],
  });
}

declare global {
  /**
   * In a page of {@link openBlankPage}: imports a module of the served app by its address. (A plain
   * `import()` in a test file is rewritten for Node before the page ever sees it.)
   *
   *     await load<typeof import("../encoder/pool.ts")>("/encoder/pool.ts")
   */
  function load<Module>(address: string): Promise<Module>;
}

/** An empty page on the app's origin, to run single modules in. */
export async function openBlankPage(
  browser: Browser,
  serverUrl: string,
  options: { userAgent?: string } = {},
): Promise<Page> {
  const page = await browser.newPage(options);
  await page.addInitScript("globalThis.load = (address) => import(address);");
  await page.route(`${serverUrl}/blank`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>blank</title>" }),
  );
  await page.goto(`${serverUrl}/blank`);
  return page;
}
