import { setTimeout as sleep } from "node:timers/promises";
import { TributaryError } from "../../shared/job/errors.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import type { ShownState } from "../pages/upload/shown-state.ts";
import type { OwnerTab } from "./owner-tab.ts";

/** Time between looks at the page. Each look costs the page time; the report takes its times from the edge. */
const LOOK_EVERY_MS = 500;
/** The driver waits for the end of these in the page: a late click on Start would count as the page's time. */
const READING: readonly ShownState["phase"][] = ["idle", "inspecting"];
/** Without a change for this long, the job hangs. The longest regular wait: a server is called again after 240 s. */
const STILL_MS = 300_000;

/** Whether the file was read or refused. */
export function isInspected({ phase }: ShownState): boolean {
  return !READING.includes(phase);
}

/** The error why there is no video, as the page or the edge states it. */
export function refusal(state: ShownState, status?: JobStatus): TributaryError {
  const error = state.error ?? status?.error;
  if (error) return new TributaryError(error.code, error.message);
  return new TributaryError("INTERNAL", `It ended as "${status?.state ?? state.phase}".`);
}

/**
 * Watches the page until `until` returns true.
 * @returns the state at that time
 * @throws TributaryError TIMEOUT when nothing at all changes for STILL_MS
 */
export async function follow(
  tab: OwnerTab,
  signal: AbortSignal,
  say: (line: string) => void,
  until: (state: ShownState) => boolean,
): Promise<ShownState> {
  let lastSeen = "";
  let lastChangeMs = Date.now();
  let lastLine = "";
  for (;;) {
    signal.throwIfAborted();
    const state = await tab.state(READING, LOOK_EVERY_MS);
    if (until(state)) return state;
    const now = signOfLife(state);
    if (now !== lastSeen) lastChangeMs = Date.now();
    lastSeen = now;
    if (Date.now() - lastChangeMs > STILL_MS) {
      const log = tab.log.slice(-5).join(" | ");
      throw new TributaryError("TIMEOUT", `Nothing moved for ${STILL_MS / 1000} s. ${log}`);
    }
    const line = progressLine(state);
    if (line !== lastLine) say(line);
    lastLine = line;
    if (isInspected(state)) await sleep(LOOK_EVERY_MS);
  }
}

function signOfLife({ phase, inspectProgress, job, slots, bytesUploaded }: ShownState): string {
  const tasks = job?.tasks.map(({ state, progress, attempts }) => [state, progress, attempts]);
  return JSON.stringify([
    phase,
    inspectProgress,
    bytesUploaded,
    slots.map((s) => s.progress),
    tasks,
  ]);
}

function progressLine({ phase, fileName, job, speed }: ShownState): string {
  if (job === null) return `${phase}: ${fileName ?? ""}`;
  const done = job.tasks.filter(({ state }) => state === "done").length;
  const playable = job.firstPlayableAtMs === null ? "" : ", playable";
  const pace = speed === null ? "" : `, ${speed.toFixed(1)}x`;
  return `${phase}: ${done} of ${job.tasks.length} tasks${pace}${playable}`;
}
