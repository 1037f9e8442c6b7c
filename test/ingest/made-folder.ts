import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { checkInit, checkMedia, type InitFacts } from "../../shared/cmaf/check.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import type { AcceptedSegment, JobPlan } from "../../shared/job/job.ts";
import { messagesOf } from "../../shared/job/notice.ts";
import { initKey, mediaKey } from "../../shared/job/object-keys.ts";
import type { LadderRung } from "../../shared/plan/plan.ts";
import { writePlaylists } from "../playlist/native-segments.ts";
import { open } from "./cut-and-decode.ts";

/** A whole job made by native ffmpeg without a server, in a folder like that of `npm run transcode -- --out`. */
export interface MadeFolder {
  plan: JobPlan;
  /** Warnings for the source and for every task. */
  warnings: string[];
  /** Bytes of the media segments of each rendition. */
  bytes: Map<string, number>;
}

const SMALL_LADDER: LadderRung[] = [
  { shortSide: 96, kilobitsPerSecond: 400 },
  { shortSide: 64, kilobitsPerSecond: 200 },
];

/** Plans, cuts and encodes a file, checks each output like the gate, and writes segments and playlists to `dir`. */
export async function makeFolder(
  path: string,
  dir: string,
  ladder: readonly LadderRung[] | undefined = SMALL_LADDER,
): Promise<MadeFolder> {
  const source = await open(path);
  try {
    const plan = source.planJob(ladder);
    const made = await makeTasks(plan, source, dir);
    await writePlaylists({ ...plan, accepted: made.accepted, ended: true }, dir);
    const bytes = new Map<string, number>();
    for (const { rendition, sizeBytes } of made.accepted)
      bytes.set(rendition, (bytes.get(rendition) ?? 0) + sizeBytes);
    return { plan, warnings: [...plan.source.warnings, ...made.warnings], bytes };
  } finally {
    source.close();
  }
}

async function makeTasks(
  plan: JobPlan,
  source: Source,
  dir: string,
): Promise<{ accepted: AcceptedSegment[]; warnings: string[] }> {
  const { signal } = new AbortController();
  const accepted: AcceptedSegment[] = [];
  const warnings: string[] = [];
  for (const task of plan.tasks) {
    const grant = leaseGrant(plan, task, { id: "folder", attempt: 1 }, { from: "local" });
    const chunk = await source.cutChunk(grant, signal);
    const made = await transcodeTask(grant, chunk, () => {}, { signal });
    warnings.push(...messagesOf(made.notices));
    const inits = new Map<string, { key: string; facts: InitFacts }>();
    for (const output of made.outputs) {
      const { rendition: id, kind, segment: index, bytes, sha256, sizeBytes } = output;
      const key =
        kind === "init"
          ? initKey("folder", id, output)
          : mediaKey("folder", id, `${task.id}_1`, output);
      const file = join(dir, id, basename(key));
      await mkdir(dirname(file), { recursive: true });
      const data = new Uint8Array(bytes as ArrayBuffer);
      await writeFile(file, data);
      const rendition = grant.renditions.find((one) => one.id === id);
      if (rendition === undefined) throw new Error(`${id} is not planned.`);
      if (kind === "init") {
        inits.set(id, { key, facts: checkInit(data, rendition) });
        continue;
      }
      const init = inits.get(id);
      const segment = plan.segments[index];
      if (init === undefined || segment === undefined) throw new Error(`${id}/${index}: no plan.`);
      const facts = checkMedia({ media: data, init: init.facts, rendition, segment });
      accepted.push({
        ...{ rendition: id, segment: index, key, initKey: init.key, sizeBytes, sha256, ...facts },
        codec: init.facts.codec,
        provenance: {
          ...{ holder: "folder", role: "server", engine: "ffmpeg-native", attempt: 1 },
          ...{ encodeMs: 0, verified: "gate" },
        },
      });
    }
  }
  return { accepted, warnings };
}
