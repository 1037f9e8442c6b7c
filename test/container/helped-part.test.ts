import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import type { MadeOutput } from "../../shared/holder/lease-work.ts";
import type { JobPlan } from "../../shared/job/job.ts";
import { rangeOf } from "../../shared/job/trim-range.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { comparePictures } from "../exactness/picture-likeness.ts";
import { start } from "../holder/holder-by-hand.ts";
import { fixture } from "../setup/media.ts";
import { opened } from "./encoded-plan.ts";

// A helper does not have the file, and does not know which part of it is transcoded. It only gets the chunks that
// the owner staged.

/** Neither end is at the time of a frame. */
const PART = { startSeconds: 3.21, endSeconds: 17.013 };
const { signal } = new AbortController();

test("a helper's pieces of a part of a video are exact, between those of the owner", async () => {
  const path = await fixture("long-gop-20s.mp4");
  const dir = await mkdtemp(join(tmpdir(), "tributary-helped-"));
  try {
    await opened(path, async (whole) => {
      const source = whole.trimmed(rangeOf(PART));
      const plan = source.planJob([{ shortSide: 144, kilobitsPerSecond: 300 }]);
      const tasks = plan.tasks.filter(({ kind }) => kind === "video");
      expect(tasks.length).toBeGreaterThanOrEqual(3);
      const outputs: MadeOutput[] = [];
      for (const [index, task] of tasks.entries()) {
        const grant = leaseGrant(plan, task, { id: `lease-${index}`, attempt: 1 }, LOCAL);
        const chunk = await source.cutChunk(grant, signal);
        const isHelpers = index % 2 === 1;
        const made = isHelpers
          ? await byHelper(grant, chunk)
          : (await transcodeTask(grant, chunk, () => {}, { signal })).outputs;
        outputs.push(...made);
      }
      const made = join(dir, "part.mp4");
      await writeFile(made, joined(plan, outputs));
      const all = await sourceFrameTimes(path);
      const inPart = all.filter((at) => at >= PART.startSeconds && at < PART.endSeconds);
      const first = inPart[0] ?? 0;
      const decoded = await decodedFrameTimes(made);
      expect(decoded).toHaveLength(inPart.length);
      const expected = inPart.map((at) => at - first);
      expect(worstTimeError(decoded, expected)).toBeLessThan(0.000_02);
      const filter = `trim=start=${first - 0.001}:end=${PART.endSeconds},setpts=PTS-STARTPTS`;
      const likeness = await comparePictures(made, path, filter);
      expect(likeness.worstDb).toBeGreaterThan(18);
      expect(likeness.inPlace).toBeGreaterThan(0.7);
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

const LOCAL = { from: "local" } as const;

/** Runs a task in the real lease holder, from a chunk in storage, with the encoder of servers. */
async function byHelper(
  grant: LeaseGrant,
  chunk: { info: Extract<LeaseGrant["chunk"], { from: "url" }>["info"]; bytes: ArrayBuffer },
): Promise<MadeOutput[]> {
  const url = `https://storage.test/${grant.task.id}`;
  const asked: string[] = [];
  const outputs: MadeOutput[] = [];
  const helper = await start({
    cutChunk: () => Promise.reject(new Error("A helper has no file.")),
    fetch: async (address) => {
      asked.push(address);
      return { status: 200, arrayBuffer: async () => chunk.bytes };
    },
    encoder: {
      transcode: async (granted, given, onProgress, ends) => {
        const made = await transcodeTask(granted, given, onProgress, { signal: ends });
        outputs.push(...made.outputs.map((each) => ({ ...each, bytes: each.bytes.slice(0) })));
        return made;
      },
    },
  });
  const staged = { from: "url", url, info: chunk.info } as const;
  helper.receive({ type: "grant", grants: [{ ...grant, chunk: staged }] });
  await expect.poll(() => helper.last()?.type).toBe("offer");
  expect(asked).toEqual([url]);
  return outputs;
}

/** One init segment, then the media segments of all tasks in order. */
function joined({ video: [rendition] }: JobPlan, outputs: readonly MadeOutput[]): Buffer {
  const own = outputs.filter((each) => each.rendition === rendition?.id);
  const init = own.find(({ kind }) => kind === "init");
  const media = own.filter(({ kind }) => kind === "media").sort((a, b) => a.segment - b.segment);
  const parts = init === undefined ? media : [init, ...media];
  return Buffer.concat(parts.map(({ bytes }) => new Uint8Array(bytes)));
}
