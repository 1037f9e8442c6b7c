import type { Browser, Page } from "playwright";
import { TributaryError } from "../../shared/job/errors.ts";
import type { ContributorPhase, ContributorState } from "../contributor/contributor-api.ts";
import { logOf } from "./page-log.ts";

const PAGE_TIMEOUT_MS = 30_000;

export interface ContributorTabOptions {
  /** Name that the owner sees; null: the page makes one up. */
  name?: string | null;
  /** Default: what the page suggests. */
  slots?: number | null;
  /** Time for the page to open and to answer; default: 30 s, plenty unless many open at once. */
  pageTimeoutMs?: number;
}

type Shown = { tributaryContributor: { state: ContributorState | null } };

/**
 * A contributor's tab: the real page behind a contributor link with its real button, in a browser context of its own.
 * Its state is read from `tributaryContributor.state`.
 */
export class ContributorTab {
  readonly page: Page;
  /** Warnings and errors that the page logged, newest last. */
  readonly log: readonly string[];

  private constructor(page: Page, say: (line: string) => void) {
    this.page = page;
    this.log = logOf(page, "contributor", say);
  }

  /**
   * Opens the link and waits until the page has looked at the job and at the device.
   * @param say takes each warning and error of the page as it comes
   */
  static async open(
    browser: Browser,
    joinUrl: string,
    { name = null, slots = null, pageTimeoutMs = PAGE_TIMEOUT_MS }: ContributorTabOptions,
    say: (line: string) => void,
  ): Promise<ContributorTab> {
    const context = await browser.newContext({ serviceWorkers: "block" });
    const tab = new ContributorTab(await context.newPage(), say);
    tab.page.setDefaultTimeout(pageTimeoutMs);
    const url = new URL(joinUrl);
    if (name !== null) url.searchParams.set("name", name);
    if (slots !== null) url.searchParams.set("slots", String(slots));
    await tab.page.goto(url.href);
    await tab.page.waitForFunction(() => {
      // The page's script may still be on its way.
      const state = (globalThis as unknown as Partial<Shown>).tributaryContributor?.state ?? null;
      return state !== null && state.phase !== "checking";
    });
    return tab;
  }

  /** The page's state; null until there is one. */
  async state(): Promise<ContributorState | null> {
    return this.page.evaluate(() => (globalThis as unknown as Shown).tributaryContributor.state);
  }

  /**
   * Clicks "Start helping".
   * @returns the phase; one such as `done` where there is nothing to help with
   * @throws TributaryError as the page says; ENGINE_UNAVAILABLE where the device cannot help
   */
  async start(): Promise<ContributorPhase> {
    const state = await this.state();
    if (state?.error) throw new TributaryError(state.error.code, state.error.message);
    if (state?.phase !== "invited") return state?.phase ?? "checking";
    if (state.reason !== null) throw new TributaryError("ENGINE_UNAVAILABLE", state.reason);
    await this.page.getByRole("button", { name: "Start helping" }).click();
    return "working";
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
