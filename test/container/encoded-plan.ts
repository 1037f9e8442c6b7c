import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cardMakerIn } from "../../edge/container/make-card.ts";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { loadFfmpegCore, nodeRemuxer } from "../../edge/container/node-remuxer.ts";
import { Workspace } from "../../edge/container/workspace.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { openSource, type Source } from "../../shared/ingest/read/source.ts";
import type { JobPlan } from "../../shared/job/job.ts";

const { signal } = new AbortController();

/** Opens a file as a server does, passes it to `look`, and closes it. @param picture see `OpenSourceOptions` */
export async function opened<T>(
  path: string,
  look: (source: Source) => Promise<T>,
  picture: Blob | null = null,
): Promise<T> {
  return Workspace.use(async (workspace) => {
    const source = await openSource(new File([await openAsBlob(path)], basename(path)), {
      ...{ signal, loadFfmpeg: loadFfmpegCore, remux: nodeRemuxer(path, workspace.dir) },
      ...{ makeCard: cardMakerIn(workspace), picture },
    });
    try {
      return await look(source);
    } finally {
      source.close();
    }
  });
}

/**
 * Encodes all segments as a server does.
 * @param only tasks of one kind; default: all
 * @returns the path of each rendition's file in the folder, by the rendition's id
 */
export async function encoded(
  source: Source,
  plan: JobPlan,
  folder: string,
  only?: "audio" | "video",
): Promise<Map<string, string>> {
  const files = new Map<string, Uint8Array[]>();
  for (const task of plan.tasks) {
    if (only !== undefined && task.kind !== only) continue;
    const grant = leaseGrant(plan, task, { id: "test", attempt: 1 }, { from: "local" });
    const chunk = await source.cutChunk(grant, signal);
    const { outputs } = await transcodeTask(grant, chunk, () => {}, { signal });
    for (const { rendition, kind, bytes } of outputs) {
      const file = files.get(rendition) ?? [];
      if (kind === "media" || file.length === 0) file.push(new Uint8Array(bytes));
      files.set(rendition, file);
    }
  }
  const paths = new Map<string, string>();
  for (const [rendition, parts] of files) {
    const path = join(folder, `${rendition}.mp4`);
    await writeFile(path, Buffer.concat(parts));
    paths.set(rendition, path);
  }
  return paths;
}
