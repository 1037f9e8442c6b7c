import { expect, test } from "vitest";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import type { Engine } from "../../shared/job/job.ts";
import { notice } from "../../shared/job/notice.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { EnginePreference } from "../../web/encoder/api.ts";
import type { TaskPool } from "../../web/encoder/pool.ts";
import { withPromise } from "../../web/owner/promised-codecs.ts";
import { planOf } from "../schedule/plan-of.ts";

const PLAN = planOf(1);
const DAMAGE = notice("PICTURES_REPAIRED", "A picture was repaired.", 2);

function grantOf(kind: "video" | "audio"): LeaseGrant {
  const task = PLAN.tasks.find((each) => each.kind === kind);
  if (task === undefined) throw new Error(`no ${kind}`);
  return leaseGrant(PLAN, task, { id: "l", attempt: 1 }, { from: "local" });
}

/** Codes of the notices that come with a task that this engine made. */
async function toldOf(
  grant: LeaseGrant,
  engine: Engine,
  preference: EnginePreference = "auto",
  before = [DAMAGE],
): Promise<string[]> {
  const pool: TaskPool = {
    transcode: async () => ({ engine, encodeMs: 1, outputs: [], notices: before }),
    compare: () => Promise.reject(new Error("not asked")),
  };
  const info = { taskId: "t", sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
  const request = { grant, info, chunk: new ArrayBuffer(1) };
  const { signal } = new AbortController();
  const { notices } = await withPromise(pool, preference).transcode(request, () => {}, signal);
  return notices.map(({ code }) => code);
}

test("pictures that ffmpeg made against the promise come with a word, and what else was to be told", async () => {
  expect(await toldOf(grantOf("video"), "ffmpeg-wasm")).toEqual([
    "BROWSER_CODECS_FAILED",
    "PICTURES_REPAIRED",
  ]);
});

test("nothing is told where nothing was promised, or what was promised was done", async () => {
  const plain = ["PICTURES_REPAIRED"];
  expect(await toldOf(grantOf("video"), "webcodecs")).toEqual(plain);
  expect(await toldOf(grantOf("video"), "ffmpeg-wasm", "ffmpeg")).toEqual(plain);
  // No notice for audio, which is the same from either engine, nor where the coordinator demands ffmpeg.
  expect(await toldOf(grantOf("audio"), "ffmpeg-wasm")).toEqual(plain);
  const bound: LeaseGrant = { ...grantOf("video"), engine: "ffmpeg-wasm" };
  expect(await toldOf(bound, "ffmpeg-wasm")).toEqual(plain);
});

test("a browser whose encoder has no place in the video is told once", async () => {
  const leftOut = notice("ENCODER_LEFT_OUT", "Other parameter sets.");
  expect(await toldOf(grantOf("video"), "ffmpeg-wasm", "auto", [leftOut])).toEqual([
    "ENCODER_LEFT_OUT",
  ]);
});
