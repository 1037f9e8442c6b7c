import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { root } from "../../../edge/local/server.ts";
import { openBlankPage } from "../../../web/headless/browser.ts";

interface Stages {
  upload: typeof import("./upload-stage.tsx");
  contribute: typeof import("./contribute-stage.tsx");
  watch: typeof import("./watch-stage.tsx");
}

/** A page that shows single views of one of the app's pages. */
export interface OpenStage<Name extends keyof Stages> {
  readonly page: Page;
  /** Runs `act` in the page. It has nothing of its surroundings except `given`. */
  run<Given, Result>(
    act: (stage: Stages[Name], given: Given) => Result,
    given: Given,
  ): Promise<Result>;
  /** Calls that the views have made since the page was opened. */
  calls(): Promise<Stages[Name]["calls"]>;
}

/** Opens a blank page and loads a stage into it. */
export async function openStage<Name extends keyof Stages>(
  browser: Browser,
  serverUrl: string,
  name: Name,
): Promise<OpenStage<Name>> {
  const page = await openBlankPage(browser, serverUrl);
  const address = JSON.stringify(`/@fs${join(root, `test/web/stories/${name}-stage.tsx`)}`);
  const run: OpenStage<Name>["run"] = (act, given) =>
    page.evaluate(
      `load(${address}).then((stage) => (${act.toString()})(stage, ${JSON.stringify(given) ?? "undefined"}))`,
    );
  return { page, run, calls: () => run((stage) => stage.calls, undefined) };
}
