import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright";

let script: Promise<string> | undefined;

/** Loads axe into a page. Has to be called again after a navigation. */
export async function loadAxe(page: Page): Promise<void> {
  script ??= readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
  await page.evaluate(await script);
}

/** Faults that axe finds in a page. `loadAxe` has to be called before. */
export function axeFaults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  });
}

/** Like `axeFaults`, and a fault where the page is wider than its window. */
export async function faultsAndWidth(page: Page): Promise<string[]> {
  const wide = await page.evaluate(() => {
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
  const faults = await axeFaults(page);
  return wide > 0 ? [...faults, `${wide} px wider than the window`] : faults;
}
