// npm run contribute: a spare machine lends its cores by a contributor link, without a window.

import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "../../edge/local/command.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import type { ContributorState } from "../contributor/contributor-api.ts";
import { launchBrowser } from "./browser.ts";
import { ContributorTab } from "./contributor-tab.ts";
import { invalid, parseOptions, wholeNumber } from "./options.ts";
import { installSystemPrograms } from "./system-programs.ts";

const USAGE = `npm run contribute -- LINK [options]

  LINK           a contributor link: https://.../join/JOB#TOKEN
  --slots N      encoders; default: one a core
  --name NAME    how the owner sees this machine
  --help         this text

Ends when the video is finished. Exit status: 0 finished; 1 refused or failed; 2 wrong arguments;
130 interrupted (what was begun goes to others).`;

const LOOK_EVERY_MS = 500;

interface ContributeArguments {
  joinUrl: string;
  slots: number;
  name: string | null;
}

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  run: async (given, interrupted) => {
    installSystemPrograms();
    try {
      await contribute(given, interrupted);
      return 0;
    } catch (thrown) {
      const { code, message } = toWireError(thrown);
      console.error(`${code}: ${message}`);
      return interrupted.aborted ? 130 : 1;
    }
  },
});

/** @throws TributaryError REQUEST_INVALID */
function parseArguments(argv: readonly string[]): ContributeArguments | "help" {
  const { values, positionals } = parseOptions(argv, {
    slots: { type: "string" },
    name: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help === true) return "help";
  const [joinUrl, ...more] = positionals;
  if (joinUrl === undefined || more.length > 0 || !isContributorLink(joinUrl)) {
    throw invalid("Name one contributor link, with what follows #.");
  }
  const slots = wholeNumber("--slots", values.slots, 1, 64) ?? availableParallelism();
  return { joinUrl, slots, name: values.name ?? null };
}

function isContributorLink(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^\/join\/[^/]+$/.test(url.pathname) && url.hash.length > 1;
}

/** Through the page that everybody else sees; it knows how to reconnect, and when the job is over. */
async function contribute(
  { joinUrl, slots, name }: ContributeArguments,
  signal: AbortSignal,
): Promise<void> {
  const browser = await launchBrowser();
  const closeNow = () => void browser.close().catch(() => {});
  signal.addEventListener("abort", closeNow);
  try {
    const say = (line: string) => console.error(line);
    const tab = await ContributorTab.open(browser, joinUrl, { slots, name }, say);
    await tab.start();
    let lastLine = "";
    for (;;) {
      const state = await tab.state();
      const line = state === null ? "" : progressLine(state);
      if (line !== lastLine) console.log(line);
      lastLine = line;
      if (state?.phase === "done") return;
      if (state?.error) throw new TributaryError(state.error.code, state.error.message);
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  } catch (thrown) {
    // Not what a closed browser makes of it.
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", closeNow);
    await browser.close();
  }
}

function progressLine({ phase, job, connected, tasksDone, encoding }: ContributorState): string {
  const percent = Math.floor((job?.progress ?? 0) * 100);
  const here = `${tasksDone} pieces made here, ${encoding.length} in work`;
  return `${connected ? phase : `${phase}, not connected`}: ${job?.name ?? ""} ${percent} %; ${here}`;
}
