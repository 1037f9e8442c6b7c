import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { FalseSound } from "./made-job.ts";
import {
  createJob,
  falseSounds,
  lies,
  made,
  plan,
  playlist,
  type ScriptedHolder,
  status,
  until,
} from "./scripted-holder.ts";
import { deliver, grantWithin, joinByLink, ownerWithChunks, share } from "./scripted-swarm.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

/** Engines of a tab whose browser has codecs of its own. */
const FAST: Engine[] = ["webcodecs", "ffmpeg-wasm"];

const isVideo = ({ task }: LeaseGrant): boolean => task.kind === "video";

/** An owner that uses its browser's codecs and stays connected. */
async function fastOwner(job: CreateJobResponse): Promise<ScriptedHolder> {
  const owner = await ownerWithChunks(job, { engines: FAST });
  owner.send({ type: "settings", settings: { stageAll: false } });
  return owner;
}

/** Compares the stored bytes of a result with the right ones, and sends the verdict. */
async function look(owner: ScriptedHolder, { leaseId, task, compare }: LeaseGrant) {
  const truth = made(task.id);
  expect(compare?.map(({ kind }) => kind).sort()).toEqual(truth.map(({ kind }) => kind).sort());
  let agrees = true;
  for (const { kind, rendition, segment, sizeBytes, url } of compare ?? []) {
    const bytes = await (await fetch(url)).arrayBuffer();
    expect(bytes.byteLength).toBe(sizeBytes);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const should = truth.find((each) => {
      return each.kind === kind && each.rendition === rendition && each.segment === segment;
    });
    if (should?.sha256 !== hex) agrees = false;
  }
  owner.send({ type: "compared", leaseId, verdict: agrees ? "agrees" : "lies" });
  expect(await owner.nextOf(["accepted", "rejected", "revoke"])).toMatchObject({
    type: "accepted",
    leaseId,
  });
  return agrees;
}

/** Waits for the next lease, which has to come. */
async function nextGrant(holder: ScriptedHolder): Promise<LeaseGrant> {
  holder.send({ type: "want", slots: 1 });
  const [grant] = (await holder.next("grant")).grants;
  if (grant === undefined) throw new Error("An empty grant.");
  return grant;
}

/** Takes leases until one fulfils the condition, and delivers right results for the others. */
async function workUpTo(
  holder: ScriptedHolder,
  isIt: (grant: LeaseGrant) => boolean,
): Promise<LeaseGrant> {
  for (;;) {
    const grant = await nextGrant(holder);
    if (isIt(grant)) return grant;
    await deliver(holder, grant, made(grant.task.id), grant.engine ?? "webcodecs");
  }
}

/** The owner makes and compares everything until the video is ready. */
async function ownerFinishes(owner: ScriptedHolder, job: CreateJobResponse) {
  while ((await status(job)).state === "running") await ownerWorks(owner);
  return until(job, "ready");
}

/**
 * The owner makes and compares everything that it gets, until no lease comes.
 * @returns ids of the tasks compared and made
 */
async function ownerWorks(owner: ScriptedHolder): Promise<{ seen: string[]; made: string[] }> {
  const did = { seen: [] as string[], made: [] as string[] };
  for (let grant = await grantWithin(owner); grant !== null; grant = await grantWithin(owner)) {
    if (grant.compare !== undefined) {
      await look(owner, grant);
      did.seen.push(grant.task.id);
    } else {
      expect(await deliver(owner, grant)).toMatchObject({ type: "accepted" });
      did.made.push(grant.task.id);
    }
  }
  return did;
}

describe("a contributor's own codecs", { timeout: 300_000 }, () => {
  test("make pictures that the owner looks at, fewer the longer it goes well", async () => {
    const job = await createJob();
    const owner = await fastOwner(job);
    const helper = await joinByLink(job, await share(job), 1, FAST);
    const theirs: string[] = [];
    const seen: string[] = [];
    for (let grant = await grantWithin(helper); grant !== null; grant = await grantWithin(helper)) {
      const engine = isVideo(grant) ? "webcodecs" : "ffmpeg-wasm";
      expect(grant.engine).toBe(isVideo(grant) ? undefined : "ffmpeg-wasm");
      expect(grant.compare).toBeUndefined();
      const { id } = grant.task;
      expect(await deliver(helper, grant, made(id), engine)).toMatchObject({ type: "accepted" });
      theirs.push(id);
      const audit = await grantWithin(owner, 300);
      if (audit === null) continue;
      if (audit.compare === undefined) await deliver(owner, audit);
      else {
        expect(await look(owner, audit)).toBe(true);
        seen.push(audit.task.id);
      }
    }
    // A lease may have come after the wait for it ended. A new hello without it frees it.
    await owner.join({ engines: FAST });
    // While idle, the owner may have made tasks that are compared by hash, so some comparisons of frames come only
    // now.
    seen.push(...(await ownerWorks(owner)).seen);
    const ready = await until(job, "ready");
    expect(theirs.length).toBeGreaterThan(2);
    expect(seen.length).toBeGreaterThan(1);
    expect(ready.holders.find(({ id }) => id === helper.holderId)?.trust).toBe("proven");
    const looked = ready.segments.filter(({ verified }) => verified === "picture");
    expect(looked.length).toBeGreaterThanOrEqual(seen.length);
    for (const { engine } of looked) expect(engine).toBe("webcodecs");
    expect(ready.warnings).toEqual([]);
  });

  test.each(["black", "shifted"] as const)(
    "%s pictures are never shown, and their maker is out",
    async (kind) => {
      const job = await createJob();
      const owner = await fastOwner(job);
      const liar = await joinByLink(job, await share(job), 1, FAST);
      const told: string[] = [];
      for (let grant = await grantWithin(liar); grant !== null; grant = await grantWithin(liar)) {
        const lie = isVideo(grant) ? (lies[kind][grant.task.id] ?? []) : made(grant.task.id);
        const engine = isVideo(grant) ? "webcodecs" : "ffmpeg-wasm";
        expect(await deliver(liar, grant, lie, engine)).toMatchObject({ type: "accepted" });
        if (isVideo(grant))
          told.push(...lie.filter((o) => o.kind === "media").map((o) => o.sha256));
      }
      expect(told.length).toBeGreaterThan(2);
      const did = await ownerWorks(owner);
      // One comparison is enough. All other results of the liar are made again.
      expect(did.seen.length).toBe(1);
      expect(did.made).toEqual(expect.arrayContaining(did.seen));
      expect(await liar.closed()).toBe(1008);
      const ready = await until(job, "ready");
      expect(ready.holders.find(({ id }) => id === liar.holderId)?.trust).toBe("banned");
      const texts = await Promise.all(
        [...plan.video, ...plan.audio].map(({ id }) => playlist(job, `${id}/playlist.m3u8`)),
      );
      for (const sha256 of told) expect(texts.join()).not.toContain(sha256);
      for (const { sha256 } of ready.segments) expect(told).not.toContain(sha256);
    },
  );

  test("are made anew such that hashes tell where nobody can tell, and nobody is sent away", async () => {
    const job = await createJob();
    const owner = await fastOwner(job);
    const token = await share(job);
    const helper = await joinByLink(job, token, 1, FAST);
    const first = await workUpTo(helper, isVideo);
    await deliver(helper, first, made(first.task.id), "webcodecs");
    const audit = await workUpTo(owner, ({ compare }) => compare !== undefined);
    expect(audit.task.id).toBe(first.task.id);
    owner.send({ type: "compared", leaseId: audit.leaseId, verdict: "unsure" });
    await owner.next("accepted");
    const after = await until(job, "running");
    expect(after.holders.find(({ id }) => id === helper.holderId)?.trust).toBe("new");
    const another = await joinByLink(job, token, 1, FAST);
    const again = await workUpTo(another, ({ task }) => task.id === first.task.id);
    expect(again.engine).toBe("ffmpeg-wasm");
    await deliver(another, again, made(again.task.id), "ffmpeg-wasm");
    const waiting = await status(job);
    expect(waiting.segments.some(({ segment }) => segment === first.task.firstSegment)).toBe(true);
    const texts = await Promise.all(
      plan.video.map(({ id }) => playlist(job, `${id}/playlist.m3u8`)),
    );
    const [{ sha256 } = { sha256: "" }] = made(first.task.id).filter(
      ({ kind }) => kind === "media",
    );
    expect(texts.join()).not.toContain(sha256);
    await owner.join({ engines: FAST });
    const ready = await ownerFinishes(owner, job);
    const shown = ready.segments.find(({ segment, role }) => {
      return segment === first.task.firstSegment && role === "contributor";
    });
    expect(shown?.verified).toBe("hash");
  });

  test("are not used where nobody can look: another engine, or an owner about to leave", async () => {
    const slow = await createJob();
    await ownerWithChunks(slow);
    const one = await joinByLink(slow, await share(slow), 1, FAST);
    expect((await grantWithin(one))?.engine).toBe("ffmpeg-wasm");

    const leaving = await createJob();
    await ownerWithChunks(leaving, { engines: FAST });
    const two = await joinByLink(leaving, await share(leaving), 1, FAST);
    let grant = await grantWithin(two);
    while (grant !== null && !isVideo(grant)) {
      await deliver(two, grant);
      grant = await grantWithin(two);
    }
    expect(grant?.engine).toBe("ffmpeg-wasm");
    if (grant === null) return;
    const verdict = await deliver(two, grant, made(grant.task.id), "webcodecs");
    expect(verdict).toMatchObject({ type: "rejected", code: "ENGINE_UNAVAILABLE" });
  });

  test("are not believed by their own word, and a look that fails harms nobody", async () => {
    const job = await createJob();
    const owner = await fastOwner(job);
    const helper = await joinByLink(job, await share(job), 1, FAST);
    let grant = await grantWithin(helper);
    while (grant !== null && !isVideo(grant)) {
      await deliver(helper, grant);
      grant = await grantWithin(helper);
    }
    if (grant === null) throw new Error("No picture to make.");
    const { leaseId, task } = grant;
    // A verdict that nobody asked for.
    helper.send({ type: "compared", leaseId, verdict: "agrees" });
    expect(await helper.next("revoke")).toMatchObject({ leaseId });
    const again = await grantWithin(helper);
    if (again === null) throw new Error("The task is gone.");
    expect(again.task.id).toBe(task.id);
    await deliver(helper, again, made(task.id), "webcodecs");

    let audit = await grantWithin(owner);
    while (audit !== null && audit.compare === undefined) {
      await deliver(owner, audit);
      audit = await grantWithin(owner);
    }
    expect(audit?.task.id).toBe(task.id);
    const code = "DECODE_FAILED" as const;
    const message = "The browser's decoder failed.";
    owner.send({ type: "fail", leaseId: audit?.leaseId ?? "", code, retryable: false, message });
    const now = await until(job, "running");
    expect(now.tasks.find(({ id }) => id === task.id)).toMatchObject({
      attempts: 1,
      state: "backoff",
    });
    expect(now.holders.find(({ id }) => id === helper.holderId)?.trust).toBe("new");
    expect((await status(job)).segments.filter((s) => s.engine === "webcodecs")).toEqual([]);
  });
});

describe("a helper's sound", { timeout: 300_000 }, () => {
  test.each(Object.keys(falseSounds) as FalseSound[])(
    "is never heard where it is %s, and its maker is out",
    async (kind) => {
      const job = await createJob();
      const owner = await fastOwner(job);
      const liar = await joinByLink(job, await share(job), 1, FAST);
      const told: string[] = [];
      for (let count = 0; count < plan.tasks.length; count += 1) {
        const grant = await nextGrant(liar);
        const { id } = grant.task;
        // Audio is made by an engine whose output has the same bytes everywhere.
        if (!isVideo(grant)) expect(grant.engine).toBe("ffmpeg-wasm");
        const result = isVideo(grant) ? made(id) : (falseSounds[kind][id] ?? []);
        expect(await deliver(liar, grant, result, grant.engine ?? "webcodecs")).toMatchObject({
          type: "accepted",
        });
        if (!isVideo(grant))
          told.push(...result.filter((o) => o.kind === "media").map((o) => o.sha256));
      }
      expect(told.length).toBeGreaterThan(0);
      const ready = await ownerFinishes(owner, job);
      expect(await liar.closed()).toBe(1008);
      expect(ready.holders.find(({ id }) => id === liar.holderId)?.trust).toBe("banned");
      for (const { sha256 } of ready.segments) expect(told).not.toContain(sha256);
      const texts = await Promise.all(
        plan.audio.map(({ id }) => playlist(job, `${id}/playlist.m3u8`)),
      );
      for (const sha256 of told) expect(texts.join()).not.toContain(sha256);
    },
  );
});
