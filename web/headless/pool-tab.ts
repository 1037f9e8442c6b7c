import type { Browser, Page } from "playwright";
import { TributaryError } from "../../shared/job/errors.ts";
import type { PoolMemberState } from "../contributor/pool-member-api.ts";
import { logOf } from "./page-log.ts";

const PAGE_TIMEOUT_MS = 30_000;

export interface PoolTabOptions {
  /** Name that the pool's operator sees; null: the page chooses one. */
  name: string | null;
  slots: number;
  /** The machine's key (private JWK); null: a new key for this tab only. */
  key: JsonWebKey | null;
}

type Shown = { tributaryPool: { state: PoolMemberState | null }; tributaryPoolKey?: JsonWebKey };

/** A pool member's tab: the real page behind the pool's link, with its real buttons. */
export class PoolTab {
  readonly page: Page;
  /** Warnings and errors that the page logged, newest last. */
  readonly log: readonly string[];

  private constructor(page: Page, say: (line: string) => void) {
    this.page = page;
    this.log = logOf(page, "member", say);
  }

  /**
   * Opens the link and waits until the page has looked at the pool and at the device.
   * @param say takes each warning and error of the page as it comes
   */
  static async open(
    browser: Browser,
    joinUrl: string,
    { name, slots, key }: PoolTabOptions,
    say: (line: string) => void,
  ): Promise<PoolTab> {
    const context = await browser.newContext({ serviceWorkers: "block" });
    if (key !== null) {
      await context.addInitScript((given: JsonWebKey) => {
        (globalThis as unknown as Shown).tributaryPoolKey = given;
      }, key);
    }
    const tab = new PoolTab(await context.newPage(), say);
    tab.page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const url = new URL(joinUrl);
    if (name !== null) url.searchParams.set("name", name);
    url.searchParams.set("slots", String(slots));
    await tab.page.goto(url.href);
    await tab.page.waitForFunction(() => {
      // The page's script may still be on its way.
      const state = (globalThis as unknown as Partial<Shown>).tributaryPool?.state ?? null;
      return state !== null && state.phase !== "checking";
    });
    return tab;
  }

  /** The page's state; null until there is one. */
  state(): Promise<PoolMemberState | null> {
    return this.page.evaluate(() => (globalThis as unknown as Shown).tributaryPool.state);
  }

  /**
   * Clicks "Join the pool".
   * @throws TributaryError as the page says; ENGINE_UNAVAILABLE where the device cannot help
   */
  async join(): Promise<void> {
    const state = await this.state();
    if (state?.error) throw new TributaryError(state.error.code, state.error.message);
    if (state?.reason) throw new TributaryError("ENGINE_UNAVAILABLE", state.reason);
    await this.page.getByRole("button", { name: "Join the pool" }).click();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
