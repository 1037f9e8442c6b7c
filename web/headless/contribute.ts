// npm run contribute: a spare machine helps by a contributor link or a pool's link, without a window.

import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright";
import { runCommand } from "../../edge/local/command.ts";
import { TributaryError, toWireError, type WireError } from "../../shared/job/errors.ts";
import type { ContributorState } from "../contributor/contributor-api.ts";
import type { PoolMemberState } from "../contributor/pool-member-api.ts";
import { launchBrowser } from "./browser.ts";
import { ContributorTab } from "./contributor-tab.ts";
import { invalid, parseOptions, wholeNumber } from "./options.ts";
import { defaultIdentityFile, readIdentity } from "./pool-identity.ts";
import { PoolTab } from "./pool-tab.ts";
import { installSystemPrograms } from "./system-programs.ts";

const USAGE = `npm run contribute -- LINK [options]

  LINK           a contributor link: https://.../join/JOB#TOKEN
                 or a pool's link for helpers: https://.../pool/POOL#TOKEN
  --slots N      encoders; default: one a core
  --name NAME    how the owner sees this machine
  --identity F   of a pool: the file that keeps this machine's key, made where there is none;
                 default: tributary/pool-identity.json in the user's folder for state
  --help         this text

Ends when the video is finished; in a pool, when it is interrupted. Exit status: 0 finished; 1 refused or
failed; 2 wrong arguments; 130 interrupted (what was begun goes to others).`;

const LOOK_EVERY_MS = 500;

interface ContributeArguments {
  joinUrl: string;
  slots: number;
  name: string | null;
  /** File with the identity of a pool's member. */
  identityFile: string;
}

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  run: async (given, interrupted) => {
    installSystemPrograms();
    try {
      await (isPoolLink(given.joinUrl) ? helpPool : contribute)(given, interrupted);
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
    identity: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help === true) return "help";
  const [joinUrl, ...more] = positionals;
  const isLink = (text: string) => isContributorLink(text) || isPoolLink(text);
  if (joinUrl === undefined || more.length > 0 || !isLink(joinUrl)) {
    throw invalid("Name one contributor link or pool's link for helpers, with what follows #.");
  }
  const slots = wholeNumber("--slots", values.slots, 1, 64) ?? availableParallelism();
  const identityFile = values.identity ?? defaultIdentityFile();
  return { joinUrl, slots, name: values.name ?? null, identityFile };
}

function isContributorLink(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^\/join\/[^/]+$/.test(url.pathname) && url.hash.length > 1;
}

function isPoolLink(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^\/pool\/[^/]+$/.test(url.pathname) && url.hash.length > 1;
}

/** A page that helps, with the lines that are printed about it. */
interface HelpingTab<State extends { error: WireError | null }> {
  state(): Promise<State | null>;
  line(state: State): string;
  isOver(state: State): boolean;
}

/** Helps with one video of the pool after the other, until the program is interrupted or the pool ends it. */
async function helpPool(
  { joinUrl, slots, name, identityFile }: ContributeArguments,
  signal: AbortSignal,
): Promise<void> {
  const key = await readIdentity(identityFile);
  await followTab(signal, async (browser) => {
    const tab = await PoolTab.open(browser, joinUrl, { slots, name, key }, console.error);
    await tab.join();
    return { state: () => tab.state(), line: poolLine, isOver: () => false };
  });
}

/** Helps with one job through the real page, which reconnects by itself and knows when the job is over. */
function contribute(
  { joinUrl, slots, name }: ContributeArguments,
  signal: AbortSignal,
): Promise<void> {
  return followTab(signal, async (browser) => {
    const tab = await ContributorTab.open(browser, joinUrl, { slots, name }, console.error);
    await tab.start();
    const isOver = ({ phase }: ContributorState) => phase === "done";
    return { state: () => tab.state(), line: progressLine, isOver };
  });
}

/**
 * Prints a tab's state whenever it changes, until the tab's work is over.
 * @throws TributaryError as the page says, or what the signal aborts with
 */
async function followTab<State extends { error: WireError | null }>(
  signal: AbortSignal,
  open: (browser: Browser) => Promise<HelpingTab<State>>,
): Promise<void> {
  const browser = await launchBrowser();
  const closeNow = () => void browser.close().catch(() => {});
  signal.addEventListener("abort", closeNow);
  try {
    const tab = await open(browser);
    let lastLine = "";
    for (;;) {
      const state = await tab.state();
      const line = state === null ? "" : tab.line(state);
      if (line !== lastLine) console.log(line);
      lastLine = line;
      if (state !== null && tab.isOver(state)) return;
      if (state?.error) throw new TributaryError(state.error.code, state.error.message);
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  } catch (thrown) {
    // After an abort, throws its reason, not the error of the closed browser.
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", closeNow);
    await browser.close();
  }
}

function poolLine({ poolName, job, rests, connected, tasksDone, given }: PoolMemberState): string {
  const video = job === null ? "no video needs help" : `helping with ${job.title}`;
  const now = !connected ? "connecting" : rests !== null ? `resting (${rests})` : video;
  const minutes = ((given?.mediaSeconds ?? 0) / 60).toFixed(1);
  return `${poolName}: ${now}; ${tasksDone} pieces made in this run, ${minutes} min of video in all`;
}

function progressLine({ phase, job, connected, tasksDone, encoding }: ContributorState): string {
  const percent = Math.floor((job?.progress ?? 0) * 100);
  const here = `${tasksDone} pieces made here, ${encoding.length} in work`;
  return `${connected ? phase : `${phase}, not connected`}: ${job?.name ?? ""} ${percent} %; ${here}`;
}
