import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { root } from "../../../edge/local/server.ts";
import { openBlankPage } from "../../../web/headless/browser.ts";

type Stage = typeof import("./stage.tsx");

/** A page in which single views are shown by themselves. */
export interface OpenStage {
  readonly page: Page;
  /** Runs in the page; takes nothing from around it but what is given. */
  run<Given, Result>(act: (stage: Stage, given: Given) => Result, given: Given): Promise<Result>;
  /** What the page asked for since it opened. */
  calls(): Promise<Stage["calls"]>;
}

export async function openStage(browser: Browser, serverUrl: string): Promise<OpenStage> {
  const page = await openBlankPage(browser, serverUrl);
  const address = JSON.stringify(`/@fs${join(root, "test/web/stories/stage.tsx")}`);
  const run: OpenStage["run"] = (act, given) =>
    page.evaluate(
      `load(${address}).then((stage) => (${act.toString()})(stage, ${JSON.stringify(given) ?? "undefined"}))`,
    );
  return { page, run, calls: () => run((stage) => stage.calls, undefined) };
}
