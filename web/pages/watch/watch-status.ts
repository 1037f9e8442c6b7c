import { type ReadonlySignal, signal } from "@preact/signals";
import { pause, REAL_CLOCK } from "../../../shared/clock.ts";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import { callBackoffMs } from "../../../shared/retry.ts";
import type { Video } from "../../../shared/wire/api.ts";
import type { JobStatus } from "../../../shared/wire/job-status.ts";
import type { EdgeClient } from "../../edge-client.ts";
import { authorized } from "../../player/authorized.ts";

/** State of a video for the watch page. */
export type WatchState =
  | { kind: "loading" }
  | { kind: "known"; status: JobStatus }
  /** The coordinator has forgotten the job, an hour after its end; the video is still stored. */
  | { kind: "stored"; video: Video | null }
  | { kind: "missing" }
  /** A passphrase opens it. */
  | { kind: "locked" }
  /** The link by which the page was opened has ended. */
  | { kind: "refused"; error: WireError }
  /** The state could not be read; the page asks again by itself. */
  | { kind: "unreachable"; error: WireError };

const ASK_EVERY_MS = 2_500;

export interface WatchedVideo {
  jobId: string;
  masterUrl: string;
  /** Null where this browser does not have it; a private video then needs `key`. */
  ownerToken: string | null;
  /** Key of a signed link, which is then part of `masterUrl`; null: none. */
  key: string | null;
}

/** Asks for the state of a job until it has ended. Never throws; ends with the signal. */
export function watchStatus(
  client: EdgeClient,
  { jobId, masterUrl, ownerToken, key }: WatchedVideo,
  abort: AbortSignal,
): ReadonlySignal<WatchState> {
  const state = signal<WatchState>({ kind: "loading" });
  const token = ownerToken ?? key ?? undefined;

  const ask = async (): Promise<"again" | "end"> => {
    const status = await client.jobStatus(jobId, token, abort);
    state.value = { kind: "known", status };
    return status.endedAtMs === null ? "again" : "end";
  };
  const run = async () => {
    let failures = 0;
    while (!abort.aborted) {
      try {
        if ((await ask()) === "end") return;
        failures = 0;
      } catch (thrown) {
        if (abort.aborted) return;
        const error = toWireError(thrown);
        if (error.code === "PASSPHRASE_REQUIRED") {
          state.value = { kind: "locked" };
          return;
        }
        if (error.code === "VIDEO_LINK_OVER") {
          state.value = { kind: "refused", error };
          return;
        }
        if (error.code === "JOB_NOT_FOUND" || error.code === "NOT_FOUND") {
          const stored = await isStored(masterUrl, ownerToken, abort);
          if (stored === false) {
            state.value = { kind: "missing" };
            return;
          }
          if (stored === true) {
            // A video that is older than the catalogue has no row, but plays.
            const video = await client.video(jobId, token, abort).catch(() => null);
            state.value = { kind: "stored", video };
            return;
          }
        }
        failures += 1;
        // A single failure while the video plays is not shown.
        if (state.value.kind !== "known") state.value = { kind: "unreachable", error };
      }
      const backoffMs = failures === 0 ? 0 : callBackoffMs(failures, 0.5);
      await pause(REAL_CLOCK, ASK_EVERY_MS + backoffMs, abort);
    }
  };
  void run();
  return state;
}

/** @returns whether the playlist is stored; null where that is unknown */
async function isStored(
  masterUrl: string,
  ownerToken: string | null,
  abort: AbortSignal,
): Promise<boolean | null> {
  try {
    const signal = AbortSignal.any([abort, AbortSignal.timeout(15_000)]);
    // Not from the browser's cache, which may hold the playlist of an earlier play.
    const asked = { ...authorized(ownerToken), signal, cache: "no-store" } as const;
    const response = await fetch(masterUrl, asked);
    await response.body?.cancel();
    return response.ok ? true : response.status === 404 ? false : null;
  } catch {
    return null;
  }
}
