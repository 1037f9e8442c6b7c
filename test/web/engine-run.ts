import { basename } from "node:path";
import type { Page } from "playwright";
import type { JobPlan } from "../../shared/job/job.ts";
import type { LadderRung } from "../../shared/plan/plan.ts";
import type { TranscodeEngine } from "../../web/encoder/engines/engine.ts";

export interface EngineOutput {
  task: string;
  rendition: string;
  kind: "init" | "media";
  segment: number;
  frames: number;
  bytes: Buffer;
}

export interface EngineRun {
  plan: JobPlan;
  outputs: EngineOutput[];
  /** Tasks the engine did not make, by their error's code. */
  refused: { task: string; code: string; message: string }[];
  wallMs: number;
}

/**
 * A clip through the real ingest and one engine, task after task, in a page of the served app: no edge,
 * no pool. Only video tasks.
 */
export async function runWebCodecs(
  page: Page,
  file: string,
  ladder: readonly LadderRung[],
): Promise<EngineRun> {
  const address = `/clip/${basename(file)}`;
  await page.route(`**${address}`, (route) => route.fulfill({ path: file }));
  const run = await page.evaluate(
    async ({ address, ladder }) => {
      const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
        "/holder/ingest/source.ts",
      );
      const { WebCodecsEngine } = await load<
        typeof import("../../web/encoder/engines/webcodecs.ts")
      >("/encoder/engines/webcodecs.ts");
      const blob = await (await fetch(address)).blob();
      const signal = new AbortController().signal;
      const source = await openSource(new File([blob], address.slice(6)), { signal });
      const plan = source.planJob(ladder);
      const engine: TranscodeEngine = new WebCodecsEngine();
      const outputs = [];
      const refused = [];
      const startedMs = performance.now();
      for (const task of plan.tasks.filter(({ kind }) => kind === "video")) {
        const segments = plan.segments.slice(
          task.firstSegment,
          task.firstSegment + task.segmentCount,
        );
        const grant = { task, segments, renditions: plan.video, source: plan.source };
        const chunk = await source.cutChunk(grant, signal);
        try {
          const bytes = new Uint8Array(chunk.bytes);
          const made = await engine.transcode({ grant, info: chunk.info, chunk: bytes }, () => {});
          for (const { bytes, ...output } of made.outputs) {
            let binary = "";
            for (let at = 0; at < bytes.length; at += 0x8000) {
              binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
            }
            outputs.push({ task: task.id, ...output, base64: btoa(binary) });
          }
        } catch (thrown) {
          const { code, message } = thrown as { code?: string; message: string };
          refused.push({ task: task.id, code: code ?? "none", message });
        }
      }
      source.close();
      return { plan, outputs, refused, wallMs: performance.now() - startedMs };
    },
    { address, ladder: [...ladder] },
  );
  await page.unroute(`**${address}`);
  const outputs = run.outputs.map(({ base64, ...output }) => ({
    ...output,
    bytes: Buffer.from(base64, "base64"),
  }));
  return { ...run, outputs };
}
