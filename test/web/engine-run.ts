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

/** What an engine made of a clip. */
export interface EngineRun {
  plan: JobPlan;
  outputs: EngineOutput[];
  /** Tasks that the engine refused, with the error's code and message. */
  refused: { task: string; code: string; message: string }[];
  wallMs: number;
}

/** A page of the served app in any browser. `load` imports the app's modules in it. */
interface EnginePage {
  evaluate<Argument, Value>(
    body: (argument: Argument) => Value | Promise<Value>,
    argument: Argument,
  ): Promise<Value>;
}

/**
 * Runs a clip's video tasks, one after the other, with the real ingest and the WebCodecs engine, without edge and
 * pool.
 *
 * @param clip address that the page fetches it from
 * @param otherPps another browser's picture parameter set in base64, put into the plan
 */
export async function runWebCodecs(
  page: EnginePage,
  clip: string,
  ladder: readonly LadderRung[],
  otherPps: string | null = null,
): Promise<EngineRun> {
  const run = await page.evaluate(
    async ({ clip, ladder, otherPps }) => {
      const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
        "/holder/ingest/source.ts",
      );
      const { WebCodecsEngine } = await load<
        typeof import("../../web/encoder/engines/webcodecs.ts")
      >("/encoder/engines/webcodecs.ts");
      const blob = await (await fetch(clip)).blob();
      const signal = new AbortController().signal;
      const source = await openSource(new File([blob], clip.split("/").at(-1) ?? ""), { signal });
      const { withBrowserSets } = await load<typeof import("../../web/encoder/browser-sets.ts")>(
        "/encoder/browser-sets.ts",
      );
      const plan = await withBrowserSets(source.planJob(ladder));
      for (const { parameterSets } of otherPps === null ? [] : plan.video) {
        if (parameterSets?.browser != null) parameterSets.browser.pps = otherPps ?? "";
      }
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
    { clip, ladder: [...ladder], otherPps },
  );
  const outputs = run.outputs.map(({ base64, ...output }) => ({
    ...output,
    bytes: Buffer.from(base64, "base64"),
  }));
  return { ...run, outputs };
}
