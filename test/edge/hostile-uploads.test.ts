import { applyD1Migrations, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { readRecord } from "../../edge/storage/video-record.ts";
import { playlistKey, recordKey } from "../../shared/job/object-keys.ts";
import { type CreateJobResponse, videoCheckSchema } from "../../shared/wire/api.ts";
import type { LeaseGrant, Put } from "../../shared/wire/lease.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { acceptedRows, namedKeys, served, storedAs } from "./accepted-objects.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  bytesOf,
  call,
  coordinator,
  createJob,
  eventually,
  hashed,
  lies,
  made,
  offered,
  plan,
  putAll,
  putBytes,
  ScriptedHolder,
  status,
  until,
} from "./scripted-holder.ts";
import { deliver, grantWithin, joinByLink, ownerWithChunks, share } from "./scripted-swarm.ts";

// Whatever helpers upload, accepted objects do not change, and no holder is charged for another's uploads.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

/** An owner that has staged all chunks, and a helper of the same job. */
async function jobWithHelper() {
  const job = await createJob();
  const owner = await ownerWithChunks(job);
  const helper = await joinByLink(job, await share(job), 4);
  return { job, owner, helper };
}

async function granted(holder: ScriptedHolder): Promise<LeaseGrant> {
  const grant = await grantWithin(holder, 60_000);
  if (grant === null) throw new Error("A task is needed.");
  return grant;
}

async function acceptedBy(holder: ScriptedHolder): Promise<LeaseGrant> {
  const grant = await granted(holder);
  expect(await deliver(holder, grant)).toMatchObject({ type: "accepted" });
  return grant;
}

/** What storage holds for each accepted object, by key. */
async function acceptedObjects(job: CreateJobResponse) {
  const rows = await acceptedRows(job);
  const keys = [...new Set(rows.flatMap(({ key, initKey }) => [key, initKey]))];
  return new Map(await Promise.all(keys.map(async (key) => [key, await storedAs(key)] as const)));
}

async function junkFor(output: MadeOutput, sizeBytes = 5): Promise<MadeOutput> {
  const junk = await hashed(output, crypto.getRandomValues(new Uint8Array(sizeBytes)));
  return { ...junk, sha256: output.sha256 };
}

describe("accepted objects are not touched by", () => {
  test.each(["another length", "another MD5", "their own length and MD5"] as const)(
    "an offer of their hashes with %s",
    async (change) => {
      const { job, owner, helper } = await jobWithHelper();
      const first = await acceptedBy(owner);
      const before = await acceptedObjects(job);
      expect(before.size).toBeGreaterThan(1);
      const published = made(first.task.id).find(({ kind }) => kind === "media");
      if (published === undefined) throw new Error("No media.");
      const grant = await granted(helper);
      const claims = await Promise.all(
        made(grant.task.id).map(async (output) => {
          const { sha256, md5, sizeBytes } = output.kind === "media" ? published : output;
          const claim = { ...output, sha256, md5, sizeBytes };
          if (change === "another length") return { ...claim, sizeBytes: sizeBytes + 7 };
          return change === "another MD5" ? { ...claim, md5: (await junkFor(output)).md5 } : claim;
        }),
      );
      await helper.offer(grant.leaseId, claims);
      helper.commit(grant.leaseId, "ffmpeg-wasm");
      expect(await helper.verdict()).toMatchObject({ type: "rejected" });
      expect(await acceptedObjects(job)).toEqual(before);
    },
  );

  test("a URL that was signed for the same content before they were uploaded", async () => {
    const { job, owner, helper } = await jobWithHelper();
    const grant = await granted(helper);
    const honest = made(grant.task.id);
    const junk = await Promise.all(
      honest.map((output) => (output.kind === "media" ? junkFor(output) : output)),
    );
    const kept = await helper.offer(grant.leaseId, junk);
    helper.send({ type: "release", leaseId: grant.leaseId });
    const own = await acceptedBy(owner);
    expect(own.task.id).toBe(grant.task.id);
    const before = await acceptedObjects(job);
    await putAll(kept, junk);
    expect(await acceptedObjects(job)).toEqual(before);
    for (const key of before.keys()) expect(await served(key)).toBe("as named");
  });
});

test("junk under the hashes that an honest result will have costs nobody else anything", async () => {
  const { job, owner, helper } = await jobWithHelper();
  const puts: [Put, MadeOutput][] = [];
  for (let task = 0; task < 4; task += 1) {
    const grant = await granted(helper);
    const junk = await Promise.all(
      made(grant.task.id).map((output) => (output.kind === "media" ? junkFor(output) : output)),
    );
    const signed = await helper.offer(grant.leaseId, junk);
    await putAll(signed, junk);
    for (const put of signed) puts.push([put, junk[put.output] as MadeOutput]);
    helper.send({ type: "release", leaseId: grant.leaseId });
  }
  helper.close();
  for (let done = 0; done < plan.tasks.length; done += 1) {
    await acceptedBy(owner);
    // The helper uploads its bytes again after the owner's result was accepted.
    for (const [put, output] of puts) await putBytes(put, bytesOf(output));
  }
  const { tasks, segments } = await until(job, "ready");
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  expect(new Set(segments.map(({ holder }) => holder))).toEqual(new Set([owner.holderId]));
});

test("a lease has one result, and asks for its URLs some times only", async () => {
  const { job, helper } = await jobWithHelper();
  const grant = await granted(helper);
  const honest = made(grant.task.id);
  let urls = 0;
  let answer = "uploads";
  let code = "";
  for (let round = 0; round < 200 && answer === "uploads"; round += 1) {
    helper.send({ type: "offer", leaseId: grant.leaseId, outputs: offered(honest) });
    const said = await helper.nextOf(["uploads", "rejected"]);
    answer = said.type;
    if (said.type === "uploads") urls += said.puts.length;
    if (said.type === "rejected") code = said.code;
  }
  expect(code).toBe("OFFERS_EXHAUSTED");
  expect(urls).toBeLessThanOrEqual(10 * honest.length);

  const next = await granted(helper);
  const outputs = made(next.task.id);
  const signed = await helper.offer(next.leaseId, outputs);
  const others = await Promise.all(outputs.map((output) => junkFor(output, output.sizeBytes)));
  helper.send({ type: "offer", leaseId: next.leaseId, outputs: offered(others) });
  expect(await helper.next("rejected")).toMatchObject({ code: "OFFER_INVALID" });
  // Uploads by all signed URLs of both leases.
  for (const put of signed) await putBytes(put, bytesOf(outputs[put.output] as MadeOutput));
  const { objects } = await env.MEDIA.list({ prefix: `v/${job.jobId}/` });
  const bound = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(objects.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(bound);
});

test("an init is checked and stored by the gate, once, whoever brings it", async () => {
  const { job, owner, helper } = await jobWithHelper();
  const grant = await granted(helper);
  const outputs = made(grant.task.id);
  // Bytes that do not have the hashes of the offer.
  const forged = outputs.map((output) => {
    return output.kind === "init" ? { ...output, base64: btoa("no init segment") } : output;
  });
  await putAll(await helper.offer(grant.leaseId, forged), forged);
  helper.commit(grant.leaseId, "ffmpeg-wasm");
  expect(await helper.verdict()).toMatchObject({ code: "OUTPUT_HASH_MISMATCH" });
  const stored = async () => {
    const { objects } = await env.MEDIA.list({ prefix: `v/${job.jobId}/` });
    return objects.filter(({ key }) => key.includes("/init-"));
  };
  expect(await stored()).toEqual([]);

  const first = await acceptedBy(owner);
  const second = await acceptedBy(helper);
  const third = await acceptedBy(owner);
  const renditions = [first, second, third].flatMap(({ task }) => task.renditions);
  const inits = await stored();
  expect(inits).toHaveLength(new Set(renditions).size);
  for (const { key } of inits) expect(await served(key)).toBe("as named");
});

describe("what was replaced behind our back is never served", () => {
  async function replacedBy(how: "binding" | "copy") {
    const { job, helper } = await jobWithHelper();
    const grant = await granted(helper);
    const outputs = made(grant.task.id);
    const puts = await helper.offer(grant.leaseId, outputs);
    await putAll(puts, outputs);
    helper.commit(grant.leaseId, "ffmpeg-wasm");
    expect(await helper.verdict()).toMatchObject({ type: "accepted" });
    const [put] = puts;
    const output = outputs[put?.output ?? -1];
    if (put === undefined || output === undefined) throw new Error("Nothing was uploaded.");
    const key = decodeURIComponent(new URL(put.url).pathname).split(`${env.S3_BUCKET}/`)[1] ?? "";
    const before = await storedAs(key);
    if (how === "binding") {
      await env.MEDIA.put(key, new Uint8Array(output.sizeBytes));
    } else {
      // The local endpoint obeys an unsigned copy header, and then checks neither the MD5 nor that the key is
      // unused.
      await env.MEDIA.put("elsewhere", "other bytes");
      const headers = { ...put.headers, "x-amz-copy-source": `/${env.S3_BUCKET}/elsewhere` };
      const answer = await putBytes({ ...put, headers }, bytesOf(output));
      expect(answer.status).toBe(200);
    }
    expect(await storedAs(key)).not.toEqual(before);
    return { job, key, etag: `"${hexOf(output.md5)}"` };
  }

  test.each(["binding", "copy"] as const)("by the %s", async (how) => {
    const { key, etag } = await replacedBy(how);
    const asks: Record<string, string>[] = [
      {},
      { range: "bytes=0-3" },
      { range: "bytes=900000000-" },
      { range: "bytes=0-3", "if-range": etag },
      { "if-none-match": etag },
      { "if-none-match": "*" },
    ];
    for (const headers of asks) {
      const response = await call(`/${key}`, { headers });
      expect([headers, response.status]).toEqual([headers, 410]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(problemSchema.parse(await response.json()).code).toBe("OBJECT_REPLACED");
    }
    expect((await call(`/${key}`, { method: "HEAD" })).status).toBe(410);
  });
});

function hexOf(base64: string): string {
  return Array.from(atob(base64), (letter) =>
    letter.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
}

describe("a job is ready when all that its playlists name is there", () => {
  async function check({ jobId, ownerToken }: CreateJobResponse, token = ownerToken) {
    const headers = { authorization: `Bearer ${token}` };
    return call(`/api/videos/${jobId}/check`, { headers });
  }

  async function checked(job: CreateJobResponse) {
    const said = videoCheckSchema.parse(await (await check(job)).json());
    return { ok: said.ok, bad: said.objects.filter(({ state }) => state !== "ok"), said };
  }

  test.each(["missing", "other"] as const)(
    "a task whose object is %s is made again",
    async (loss) => {
      const job = await createJob();
      const owner = new ScriptedHolder(job);
      await owner.join();
      const grants = await owner.grants(plan.tasks.length);
      for (const grant of grants.slice(1)) {
        expect(await owner.deliver(grant)).toMatchObject({ type: "accepted" });
      }
      const [lost] = (await acceptedRows(job)).map(({ key }) => key);
      if (lost === undefined) throw new Error("Nothing was accepted.");
      if (loss === "missing") await env.MEDIA.delete(lost);
      else await env.MEDIA.put(lost, "other bytes");
      for (const grant of grants.slice(0, 1)) await owner.deliver(grant);
      const again = await owner.grant();
      expect(lost).toContain(`${again.task.id}_`);
      expect(await owner.deliver(again)).toMatchObject({ type: "accepted" });
      const { tasks } = await until(job, "ready");
      expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
      expect(await namedKeys(job)).not.toContain(lost);
      for (const key of await namedKeys(job)) expect(await served(key)).toBe("as named");
      expect(await checked(job)).toMatchObject({ ok: true, bad: [] });
    },
  );

  test("and its owner can have that checked again", async () => {
    const job = await createJob();
    const owner = new ScriptedHolder(job);
    await owner.join();
    expect((await check(job)).status).toBe(404);
    await owner.workToTheEnd();
    await until(job, "ready");
    const { ok, said } = await checked(job);
    expect(ok).toBe(true);
    const paths = said.objects.map(({ path }) => playlistKey(job.jobId, path));
    for (const key of await namedKeys(job)) expect(paths).toContain(key);
    expect(paths).toContain(playlistKey(job.jobId, "master.m3u8"));

    const [gone = "", changed = ""] = (await acceptedRows(job)).map(({ key }) => key);
    await env.MEDIA.delete(gone);
    await env.MEDIA.put(changed, "other bytes");
    await env.MEDIA.put(playlistKey(job.jobId, "master.m3u8"), "#EXTM3U");
    const again = await checked(job);
    expect(again.ok).toBe(false);
    expect(Object.fromEntries(again.bad.map(({ path, state }) => [path, state]))).toEqual({
      [gone.replace(`v/${job.jobId}/`, "")]: "missing",
      [changed.replace(`v/${job.jobId}/`, "")]: "differs",
      "master.m3u8": "differs",
    });
    expect((await check(job, "guess")).status).toBe(403);
    expect((await check({ ...job, jobId: "0".repeat(20) })).status).toBe(404);
  });
});

test("videos from before keys were of leases still play", async () => {
  const { jobId } = await createJob();
  const [task] = plan.tasks;
  for (const output of made(task?.id ?? "")) {
    const name = `${output.sha256}.${output.kind === "init" ? "mp4" : "m4s"}`;
    const key = `v/${jobId}/${output.rendition}/${name}`;
    await env.MEDIA.put(key, bytesOf(output));
    expect(await served(key)).toBe("as named");
  }
});

test("what a caught liar stored is gone with the cleanup, and the record has none of it", async () => {
  const { job, owner, helper } = await jobWithHelper();
  const grant = (await helper.grants(2)).find(({ task }) => task.kind === "video");
  if (grant === undefined) throw new Error("Pictures are needed: the lie's sound is right.");
  const lie = lies.black[grant.task.id] ?? [];
  expect(await deliver(helper, grant, lie)).toMatchObject({ type: "accepted" });
  const told = (await acceptedRows(job)).map(({ key }) => key);
  expect(told.length).toBeGreaterThan(0);
  helper.close();
  // The owner also gets the audit of the helper's result.
  await eventually(async () => {
    const next = await grantWithin(owner);
    if (next !== null) await deliver(owner, next);
    expect((await status(job)).state).toBe("ready");
  });
  const named = await namedKeys(job);
  for (const key of told) expect(named).not.toContain(key);
  expect(JSON.stringify(await readRecord(env.MEDIA, job.jobId))).not.toContain(grant.leaseId);
  expect((await call(`/${recordKey(job.jobId)}`)).status).toBe(404);

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
  await runDurableObjectAlarm(coordinator(job.jobId));
  await eventually(async () => expect(await coordinator(job.jobId).summary()).toBeNull());
  vi.useRealTimers();
  for (const key of told) expect(await env.MEDIA.head(key)).toBeNull();
  for (const key of named) expect(await served(key)).toBe("as named");
});
