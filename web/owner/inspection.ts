import { webCodecsRefusal } from "../../shared/encode/webcodecs-support.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import type { EdgeClient } from "../edge-client.ts";
import { decodes, hasWebCodecs } from "../encoder/capability.ts";
import { loadFfmpegCore } from "../encoder/ffmpeg-core.ts";
import { openSource } from "../holder/ingest/source.ts";
import type { Inspection } from "./owner-api.ts";

/** What is known of a file before the work begins. */

export interface OpenedFile {
  source: Source;
  /** This deployment has servers that encode. */
  hasServers: boolean;
  /** Why the browser's codecs would not do the source right, or at all; null when they would. */
  fastRefusal: string | null;
}

/**
 * The caller closes the source.
 * @param onProgress 0..1, where the file has to be rewritten first
 * Throws SOURCE_*.
 */
export async function openFile(
  file: File,
  client: EdgeClient,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: number) => void },
): Promise<OpenedFile> {
  const [source, site] = await Promise.all([
    openSource(file, { signal, loadFfmpeg: loadFfmpegCore, onProgress }),
    // Without an answer this device does what it can.
    client.site(signal).catch(() => null),
  ]);
  const fastRefusal = await refuseFast(source, signal);
  return { source, hasServers: site?.servers === true, fastRefusal };
}

async function refuseFast(source: Source, signal: AbortSignal): Promise<string | null> {
  if (!hasWebCodecs()) return "This browser has no codecs of its own to use.";
  const refusal = webCodecsRefusal(source.facts.video);
  if (refusal !== null) return refusal;
  const { config, isIdr } = await source.decodeStart(signal);
  if (!isIdr) return "The browser's decoder does not take open groups of pictures.";
  return (await decodes(config)) ? null : "This browser does not decode this codec.";
}

/** For the page. */
export function describePlan(
  plan: JobPlan,
  facts: Pick<Inspection, "ladder" | "remuxed" | "pictureEngine" | "fastRefusal">,
): Inspection {
  const bitsPerSecond = [...plan.video, ...plan.audio].reduce((sum, r) => sum + r.bitsPerSecond, 0);
  return {
    source: plan.source,
    ...facts,
    video: plan.video,
    audio: plan.audio,
    segmentCount: plan.segments.length,
    taskCount: plan.tasks.length,
    estimatedBytes: Math.round(
      (bitsPerSecond / 8) * (plan.source.durationTicks / TICKS_PER_SECOND),
    ),
  };
}
