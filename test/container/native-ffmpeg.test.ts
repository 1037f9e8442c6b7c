import { mkdtempSync, openAsBlob } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { loadFfmpegCore } from "../../edge/container/node-remuxer.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { openSource, type Source } from "../../shared/ingest/read/source.ts";
import type { JobPlan } from "../../shared/job/job.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { FfmpegWasmEngine } from "../../web/encoder/engines/ffmpeg-wasm.ts";
import { hashOutputs } from "../../web/encoder/hash-outputs.ts";
import { fixture } from "../setup/media.ts";

const LADDER = [
  { shortSide: 240, kilobitsPerSecond: 300 },
  { shortSide: 144, kilobitsPerSecond: 140 },
];
const { signal } = new AbortController();

let source: Source;
let plan: JobPlan;
beforeAll(async () => {
  const path = await fixture("long-gop-20s.mp4");
  source = await openSource(new File([await openAsBlob(path)], basename(path)), { signal });
  plan = source.planJob(LADDER);
});
afterAll(() => source?.close());

function grantOf(kind: "video" | "audio"): LeaseGrant {
  const task = plan.tasks.find((each) => each.kind === kind);
  if (task === undefined) throw new Error(`no ${kind} task`);
  return leaseGrant(plan, task, { id: "test", attempt: 1 }, { from: "local" });
}

/** A temporary folder of this test's own: other tests run at the same time. */
const temporary = mkdtempSync(join(tmpdir(), "tributary-test-"));
process.env["TMPDIR"] = temporary;
afterAll(() => rm(temporary, { recursive: true, force: true }));

describe("native ffmpeg at one task", () => {
  test.each(["video", "audio"] as const)(
    "makes the %s outputs that a tab makes: same init segments, same segments and counts",
    async (kind) => {
      const grant = grantOf(kind);
      const chunk = await source.cutChunk(grant, signal);
      const task = { grant, info: chunk.info, chunk: new Uint8Array(chunk.bytes.slice(0)) };
      const progress: number[] = [];
      const native = await transcodeTask(grant, chunk, (each) => progress.push(each), { signal });
      const engine = new FfmpegWasmEngine(loadFfmpegCore);
      const wasm = await hashOutputs((await engine.transcode(task, () => {})).outputs);
      const inits = (outputs: readonly { kind: string; sha256: string }[]) =>
        outputs.filter((each) => each.kind === "init").map(({ sha256 }) => sha256);
      expect(inits(native.outputs)).toEqual(inits(wasm));
      const named = (outputs: readonly { rendition: string; segment: number; frames: number }[]) =>
        outputs.map(({ rendition, segment, frames }) => `${rendition} ${segment} ${frames}`);
      expect(named(native.outputs)).toEqual(named(wasm));
      expect(native.engine).toBe("ffmpeg-native");
      expect(progress.every((each) => each >= 0 && each <= 1)).toBe(true);
    },
  );

  test("an abort kills ffmpeg at once and leaves no file", async () => {
    const grant = { ...grantOf("video") };
    const chunk = await source.cutChunk(grant, signal);
    const abort = new AbortController();
    const running = transcodeTask(grant, chunk, () => {}, abort);
    setTimeout(() => abort.abort(new Error("revoked")), 150);
    const startedMs = performance.now();
    await expect(running).rejects.toThrow("revoked");
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(await readdir(temporary)).toEqual([]);
  });

  test("a chunk that is none fails with a code, and leaves no file", async () => {
    const grant = grantOf("video");
    const { info } = await source.cutChunk(grant, signal);
    const nonsense = new TextEncoder().encode("this is no video").buffer;
    const running = transcodeTask(grant, { info, bytes: nonsense }, () => {}, { signal });
    await expect(running).rejects.toMatchObject({ name: "TributaryError" });
    expect(await readdir(temporary)).toEqual([]);
  });
});
