import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright";

let script: Promise<string> | undefined;

/** Puts axe into a page that stands; another address needs it again. */
export async function loadAxe(page: Page): Promise<void> {
  script ??= readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
  await page.evaluate(await script);
}

/** What axe finds at fault with a page that has it. */
export function axeFaults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  });
}

/** As `axeFaults`, and whether the page is wider than its window. */
export async function faultsAndWidth(page: Page): Promise<string[]> {
  const wide = await page.evaluate(() => {
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
  const faults = await axeFaults(page);
  return wide > 0 ? [...faults, `${wide} px wider than the window`] : faults;
}
