import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  loadFfmpegCore,
  nodeRemuxer,
  type RemuxerOptions,
} from "../../edge/container/node-remuxer.ts";
import { Workspace } from "../../edge/container/workspace.ts";
import type { RemuxRequest } from "../../shared/ingest/remux/remux-run.ts";
import { ManualClock } from "../holder/manual-clock.ts";
import { fixture } from "../setup/media.ts";

const never = new AbortController().signal;

async function remux(
  folder: string,
  request: RemuxRequest,
  options: RemuxerOptions & { signal?: AbortSignal; onProgress?: (share: number) => void },
) {
  const path = await fixture("flv-8s.flv");
  const { signal = never, onProgress, ...rest } = options;
  const file = await openAsBlob(path);
  const core = await loadFfmpegCore();
  return nodeRemuxer(path, folder, rest)(file, core, request, { signal, onProgress });
}

test("rewrites a file to a copy on disk, the same at each time", async () => {
  await Workspace.use(async (workspace) => {
    const shares: number[] = [];
    const onProgress = (share: number) => shares.push(share);
    const hashes = new Set<string>();
    for (let i = 0; i < 2; i += 1) {
      const { file, video } = await remux(workspace.dir, { copy: "everything" }, { onProgress });
      const bytes = Buffer.from((await file?.arrayBuffer()) ?? new ArrayBuffer(0));
      expect(bytes.length).toBeGreaterThan(10_000);
      hashes.add(createHash("sha256").update(bytes).digest("hex"));
      expect(video).toMatchObject({ codec: "h264" });
    }
    expect(hashes.size).toBe(1);
    expect(await readdir(workspace.dir)).toHaveLength(2);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});

test("is killed in the middle of its work by an abort", async () => {
  await Workspace.use(async (workspace) => {
    const abort = new AbortController();
    const reason = new Error("The job was cancelled.");
    const onProgress = () => abort.abort(reason);
    const options = { signal: abort.signal, onProgress };
    await expect(remux(workspace.dir, { copy: "converted" }, options)).rejects.toBe(reason);
  });
});

test("is killed when it loops and gets no farther, and leaves the server's own thread free", async () => {
  await Workspace.use(async (workspace) => {
    const clock = new ManualClock();
    const thread = new URL("./looping-thread.ts", import.meta.url);
    let end: unknown;
    const ended = remux(workspace.dir, { copy: "everything" }, { clock, thread }).catch(
      (thrown: unknown) => {
        end = thrown;
      },
    );
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    // The looping thread does not stop the timers of this one.
    await clock.advance(29_000);
    expect(end).toBeUndefined();
    await clock.advance(1_000);
    await ended;
    expect(end).toMatchObject({ code: "WORKER_STALLED" });
  });
});

test("takes what kills its thread for a crash", async () => {
  await Workspace.use(async (workspace) => {
    const thread = new URL("data:text/javascript,process.exit(3)");
    const running = remux(workspace.dir, { copy: "everything" }, { thread });
    await expect(running).rejects.toMatchObject({ code: "WORKER_CRASHED" });
  });
});
