import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { maxChunkBytes } from "../../edge/coordinator/schedule/chunk-bounds.ts";
import { type JobPlan, segmentDurationTicks, segmentFrames } from "../../shared/job/job.ts";
import { titleOfFile } from "../../shared/wire/details.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { call, createJob, plan, ScriptedHolder, status } from "./scripted-holder.ts";

// Limits on what clients may request, store or send: plans, statuses, streams, bodies, chunks.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

async function codeOf(response: Response): Promise<string> {
  return problemSchema.parse(await response.json()).code;
}

/** A plan of `count` equal segments. Each segment has one task for each rendition, or one for all (`isInOne`). */
function longPlan(count: number, renditions: number, isInOne = false): JobPlan {
  const [first] = plan.segments;
  const [rung] = plan.video;
  if (first === undefined || rung === undefined) throw new Error("There is nothing to repeat.");
  const ticks = segmentDurationTicks(first);
  const video = Array.from({ length: renditions }, (_, n) => ({ ...rung, id: `v${n}` }));
  const every = Array.from({ length: count }, (_, index) => index);
  return {
    source: {
      ...plan.source,
      durationTicks: count * ticks,
      video: { ...plan.source.video, frames: count * segmentFrames(first) },
      audio: [],
    },
    video,
    audio: [],
    segments: every.map((index) => ({
      ...{ index, startTicks: index * ticks, durations: first.durations },
    })),
    tasks: every.flatMap((firstSegment) => {
      const ids = video.map(({ id }) => id);
      return (isInOne ? [ids] : ids.map((id) => [id])).map((group, n) => ({
        ...{ id: `v-${firstSegment}-${n}`, kind: "video" as const, renditions: group },
        ...{ firstSegment, segmentCount: 1 },
      }));
    }),
  };
}

async function post(of: JobPlan): Promise<Response> {
  return call("/api/jobs", { method: "POST", body: JSON.stringify({ plan: of }) });
}

describe("plans", () => {
  test("that one coordinator cannot hold are refused with a code", async () => {
    for (const [segments, renditions, isInOne] of [
      [13_000, 2, false],
      [16_000, 4, true],
    ] as const) {
      const response = await post(longPlan(segments, renditions, isInOne));
      expect(response.status).toBe(422);
      expect(await codeOf(response)).toBe("SOURCE_TOO_LARGE");
    }
  });
});

describe("what strangers see", () => {
  test("has one size, however long the video is; the owner's has all", async () => {
    const short = await createJob();
    const long = await createJob(longPlan(2_000, 2));
    const anonymous = async (jobId: string) => (await call(`/api/jobs/${jobId}`)).text();
    const sizes = [await anonymous(short.jobId), await anonymous(long.jobId)].map(
      (text) => text.length,
    );
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(1_000);
    expect(JSON.parse(await anonymous(long.jobId))).toMatchObject({
      ...{ id: long.jobId, tasks: [], holders: [], segments: [], progress: 0 },
      source: { name: titleOfFile(plan.source.name) },
    });
    expect((await status(long)).tasks).toHaveLength(4_000);
    const counts = await call(`/coordinator-status?jobGroupId=${long.jobId}`);
    expect(await counts.json()).toMatchObject({ tasks: { total: 4_000 } });
  });

  test("turns with the job at once", async () => {
    const job = await createJob();
    const state = async () => {
      const response = await call(`/api/jobs/${job.jobId}`);
      return ((await response.json()) as { state: string }).state;
    };
    expect(await state()).toBe("planned");
    const headers = { authorization: `Bearer ${job.ownerToken}` };
    await call(`/api/jobs/${job.jobId}`, { method: "DELETE", headers });
    expect(await state()).toBe("cancelled");
  });
});

describe("event streams", () => {
  const open = (jobId: string, network: string) =>
    call(`/api/jobs/${jobId}/events`, { headers: { "cf-connecting-ip": network } });

  test("are bounded for a network and for a job, and end with it", async () => {
    const { jobId, ownerToken } = await createJob();
    const answers: Response[] = [];
    const counts: number[] = [];
    for (const network of ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"]) {
      const opened = await Promise.all(Array.from({ length: 60 }, () => open(jobId, network)));
      answers.push(...opened);
      counts.push(opened.filter(({ ok }) => ok).length);
    }
    expect(counts).toEqual([40, 40, 40, 40, 40]);
    const refused = answers.find(({ ok }) => !ok);
    expect(refused && (await codeOf(refused))).toBe("RATE_LIMITED");
    expect((await open(jobId, "192.0.2.6")).status).toBe(429);
    // The owner's places are not used up by others.
    const own = { authorization: `Bearer ${ownerToken}`, "cf-connecting-ip": "192.0.2.1" };
    const ofOwner = await Promise.all(
      Array.from({ length: 45 }, () => call(`/api/jobs/${jobId}/events`, { headers: own })),
    );
    expect(ofOwner.filter(({ ok }) => ok)).toHaveLength(40);
    answers.push(...ofOwner);
    const other = await createJob();
    const elsewhere = await open(other.jobId, "192.0.2.1");
    expect(elsewhere.status).toBe(200);
    await elsewhere.body?.cancel();

    const cancel = { method: "DELETE", headers: { authorization: `Bearer ${ownerToken}` } };
    await call(`/api/jobs/${jobId}`, cancel);
    const ended = answers.filter(({ ok }) => ok).map((response) => response.text());
    for (const text of await Promise.all(ended)) expect(text).toContain('"state":"cancelled"');
    const again = await open(jobId, "192.0.2.6");
    expect(await again.text()).toContain('"state":"cancelled"');
  });
});

describe("a client of IPv6", () => {
  const streams: Response[] = [];
  afterEach(() => Promise.all(streams.splice(0).map((each) => each.body?.cancel())));

  async function opened(jobId: string, addresses: readonly string[]): Promise<number> {
    const answers = await Promise.all(
      addresses.map((address) => {
        return call(`/api/jobs/${jobId}/events`, { headers: { "cf-connecting-ip": address } });
      }),
    );
    streams.push(...answers);
    return answers.filter(({ ok }) => ok).length;
  }

  test("is one, whichever of its addresses it uses; its neighbours are others", async () => {
    const { jobId } = await createJob();
    const mine = Array.from({ length: 45 }, (_, n) => `2001:db8:1:1::${n.toString(16)}`);
    expect(await opened(jobId, mine)).toBe(40);
    const others = ["2001:db8:1:2::1", "2001:db8:1:3::1", "::ffff:192.0.2.9", "192.0.2.8"];
    expect(await opened(jobId, others)).toBe(4);
  });
});

describe("bodies", () => {
  test("larger than any that makes sense are not parsed, on every route that takes one", async () => {
    const document = (await (await call("/api/openapi.json")).json()) as {
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
    };
    const taking = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody }]) =>
        requestBody === undefined ? [] : [{ method, path }],
      ),
    );
    taking.push({ method: "post", path: "/api/jobs/{id}/prepared" });
    expect(taking.length).toBeGreaterThan(6);
    const huge = JSON.stringify({ padding: "x".repeat(17 * 1024 * 1024) });
    for (const { method, path } of taking) {
      const address = path.replace("{id}", "0".repeat(20));
      const chunked = new Blob([huge]).stream();
      for (const body of [huge, chunked]) {
        const response = await call(address, {
          method: method.toUpperCase(),
          headers: { authorization: "Bearer any", "cf-connecting-ip": path },
          body,
        });
        const { code, detail } = problemSchema.parse(await response.json());
        expect({ code, detail }, `${method} ${path}`).toMatchObject({
          code: "REQUEST_INVALID",
          detail: expect.stringMatching(/larger than \d+ kB/),
        });
      }
    }
  });
});

describe("chunks", () => {
  type Offer = Extract<HolderMessage, { type: "stage-offer" }>;

  async function stagingOwner() {
    const job = await createJob();
    const owner = new ScriptedHolder(job);
    await owner.join();
    owner.send({ type: "settings", settings: { stageAll: true } });
    const { taskIds } = await owner.next("stage");
    const offer = async (taskId: string, sizeBytes: number, letter = "b") => {
      const chunk = { taskId, sizeBytes, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
      const hashes = { sha256: letter.repeat(64), md5: `${"A".repeat(22)}==` };
      owner.send({ type: "stage-offer", chunk, ...hashes } satisfies Offer);
      const { put, refused } = await owner.next("stage-upload");
      return refused?.code ?? (put === null ? "nothing" : "put");
    };
    return { job, owner, taskIds, offer };
  }

  test("of more bytes than the source can have are not signed, whatever else is", async () => {
    const { job, taskIds, offer } = await stagingOwner();
    const [first = "", second = ""] = taskIds;
    const most = Math.floor(maxChunkBytes(plan));
    for (const sizeBytes of [most + 1, 5e9, 1e12, Number.MAX_SAFE_INTEGER]) {
      expect(await offer(first, sizeBytes)).toBe("STORAGE_LIMIT");
    }
    expect(await offer(second, most)).toBe("put");
    const { warnings, state } = await status(job);
    expect(state).toBe("planned");
    expect(warnings).toContainEqual(expect.stringContaining("too large to be given to helpers"));
  });

  test("of ever other content are not signed for ever, nor of more than the plan's in all", async () => {
    const { taskIds, offer } = await stagingOwner();
    const [first = "", ...others] = taskIds;
    const answers = [];
    for (const letter of ["a", "b", "c", "d", "e", "a"]) {
      answers.push(await offer(first, 1_000, letter));
    }
    expect(answers).toEqual(["put", "put", "put", "STORAGE_LIMIT", "STORAGE_LIMIT", "put"]);
    expect(others.length).toBeGreaterThan(0);
  });

  test("that were refused are not asked for again, and the owner makes those tasks", async () => {
    const { job, owner, taskIds, offer } = await stagingOwner();
    for (const taskId of taskIds) expect(await offer(taskId, 1e12)).toBe("STORAGE_LIMIT");
    await owner.workToTheEnd();
    const { tasks } = await status(job);
    expect(tasks.every(({ state }) => state === "done")).toBe(true);
    const asked = owner.received.flatMap((each) => (each.type === "stage" ? each.taskIds : []));
    expect(new Set(asked).size).toBe(asked.length);
  });
});
