import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { afterEach, beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { newJobId } from "../../edge/http/auth.ts";
import worker from "../../edge/index.ts";
import { type CreateJobResponse, videoSchema } from "../../shared/wire/api.ts";
import {
  catalogueBackupSchema,
  overviewSchema,
  reportsSchema,
  type SiteRules,
} from "../../shared/wire/operator.ts";
import { createJob, makeAll, plan } from "./scripted-holder.ts";

// What the operator sees and decides, and reports by viewers.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => rule({}));

const ADMIN_TOKEN = "the-operator's-own-token";
const DAY_MS = 24 * 3_600_000;

async function ask(
  path: string,
  { token = ADMIN_TOKEN, ...init }: RequestInit & { token?: string | null } = {},
): Promise<Response> {
  const headers = new Headers(token === null ? {} : { authorization: `Bearer ${token}` });
  const bindings = { ...env, ADMIN_TOKEN };
  const request = new Request(`http://localhost${path}`, { ...init, headers });
  return app.fetch(request, bindings, createExecutionContext());
}

async function rule(rules: Partial<SiteRules>): Promise<void> {
  const init = { method: "PUT", body: JSON.stringify(rules) };
  expect((await ask("/api/admin/rules", init)).status).toBe(200);
}

async function overview() {
  return overviewSchema.parse(await (await ask("/api/admin")).json());
}

async function begin(): Promise<[number, string]> {
  const init = { method: "POST", body: JSON.stringify({ plan }), token: null };
  const response = await ask("/api/jobs", init);
  const { code = "" } = (await response.json()) as { code?: string };
  return [response.status, code];
}

async function madeVideo(): Promise<CreateJobResponse> {
  const job = await createJob();
  await makeAll(job);
  return job;
}

test("only the operator is told, and rules", async () => {
  const { ownerToken } = await createJob();
  const asked: [string, RequestInit][] = [
    ["/api/admin", {}],
    ["/api/admin/rules", { method: "PUT", body: "{}" }],
    ["/api/admin/reports", {}],
    ["/api/admin/reports/1", { method: "DELETE" }],
    ["/api/admin/catalogue", {}],
    ["/api/admin/catalogue", { method: "POST", body: '{"schemaVersion":1,"tables":{}}' }],
  ];
  for (const [path, init] of asked) {
    expect((await ask(path, { ...init, token: null })).status, path).toBe(401);
    expect((await ask(path, { ...init, token: ownerToken })).status, path).toBe(403);
  }
});

test("the overview counts what there is", async () => {
  const before = await overview();
  await madeVideo();
  const after = await overview();
  expect(after.videos["ready"]).toBe((before.videos["ready"] ?? 0) + 1);
  expect(after.bytesStored).toBeGreaterThan(before.bytesStored);
});

test("what is too long, too large, or one too many is not begun", async () => {
  const { durationTicks, sizeBytes } = plan.source;
  const seconds = Math.ceil(durationTicks / 90_000);
  expect(await begin()).toEqual([201, ""]);
  for (const rules of [
    { mostSeconds: seconds - 1 },
    { mostSourceBytes: sizeBytes - 1 },
    { mostVideos: 1 },
  ]) {
    await rule(rules);
    expect(await begin(), JSON.stringify(rules)).toEqual([403, "SITE_LIMIT"]);
  }
  await rule({ mostSeconds: seconds, mostSourceBytes: sizeBytes, mostVideos: 10_000 });
  expect(await begin()).toEqual([201, ""]);
});

/** The trigger of wrangler.toml. */
const daily = () => worker.scheduled({} as never, env);

test("old videos go by the rule, with all they have, and no others", async () => {
  const [old, young, making] = [await madeVideo(), await madeVideo(), await createJob()];
  const age = (id: string, days: number) =>
    env.CATALOG.prepare("UPDATE videos SET created_at_ms = ? WHERE id = ?")
      .bind(Date.now() - days * DAY_MS, id)
      .run();
  await age(old.jobId, 31);
  await age(young.jobId, 29);
  await age(making.jobId, 31);
  await daily();
  expect((await ask(`/api/videos/${old.jobId}`)).status).toBe(200);
  await rule({ deleteAfterDays: 30 });
  await daily();
  expect((await ask(`/api/videos/${old.jobId}`)).status).toBe(404);
  expect((await ask(`/v/${old.jobId}/master.m3u8`)).status).toBe(404);
  expect((await env.MEDIA.list({ prefix: `v/${old.jobId}/` })).objects).toEqual([]);
  for (const { jobId } of [young, making]) {
    expect((await ask(`/api/jobs/${jobId}`)).status).toBe(200);
  }
});

test("a report reaches the operator, who settles it", async () => {
  const { jobId } = await madeVideo();
  const report = (body: object) =>
    ask(`/api/videos/${jobId}/reports`, {
      method: "POST",
      body: JSON.stringify(body),
      token: null,
    });
  expect((await report({ reason: "boring" })).status).toBe(400);
  expect((await report({ reason: "privacy", text: "I am in it." })).status).toBe(204);
  const listed = async () =>
    reportsSchema
      .parse(await (await ask("/api/admin/reports")).json())
      .reports.filter(({ videoId }) => videoId === jobId);
  const [first] = await listed();
  expect(first).toMatchObject({ reason: "privacy", text: "I am in it.", title: plan.source.name });
  for (let more = 0; more < 25; more += 1) await report({ reason: "other" });
  expect(await listed()).toHaveLength(20);
  const settle = { method: "DELETE" };
  expect((await ask(`/api/admin/reports/${first?.id}`, settle)).status).toBe(204);
  expect((await ask(`/api/admin/reports/${first?.id}`, settle)).status).toBe(404);
  expect(await listed()).toHaveLength(19);
});

test.each(["reports", "plays"])("%s of videos that are not there are refused", async (what) => {
  const body = what === "reports" ? { body: JSON.stringify({ reason: "other" }) } : {};
  for (const id of [newJobId(), "not-an-id", "y".repeat(3000)]) {
    const answer = await ask(`/api/videos/${id}/${what}`, { method: "POST", token: null, ...body });
    expect(answer.status).toBe(404);
  }
});

test("plays are counted, and told to the owner alone", async () => {
  const { jobId, ownerToken } = await madeVideo();
  const play = () => ask(`/api/videos/${jobId}/plays`, { method: "POST", token: null });
  for (let plays = 0; plays < 3; plays += 1) expect((await play()).status).toBe(204);
  const seen = async (token: string | null) =>
    videoSchema.parse(await (await ask(`/api/videos/${jobId}`, { token })).json()).plays;
  expect(await seen(ownerToken)).toBe(3);
  expect(await seen(ADMIN_TOKEN)).toBe(3);
  expect(await seen(null)).toBeUndefined();
});

test("a backup brings back what was lost, and changes nothing that is there", async () => {
  const [lost, kept] = [await madeVideo(), await madeVideo()];
  const rename = (title: string) =>
    ask(`/api/videos/${kept.jobId}`, {
      method: "PATCH",
      token: kept.ownerToken,
      body: JSON.stringify({ title }),
    });
  await rename("Before");
  const backup = catalogueBackupSchema.parse(await (await ask("/api/admin/catalogue")).json());
  await rename("After");
  for (const table of ["videos", "video_owners"]) {
    await env.CATALOG.prepare(`DELETE FROM ${table} WHERE id = ?`).bind(lost.jobId).run();
  }
  const restore = { method: "POST", body: JSON.stringify(backup) };
  expect(await (await ask("/api/admin/catalogue", restore)).json()).toEqual({ added: 2 });
  const found = async ({ jobId, ownerToken: token }: CreateJobResponse) =>
    videoSchema.parse(await (await ask(`/api/videos/${jobId}`, { token })).json());
  expect(await found(lost)).toMatchObject({ state: "ready", name: plan.source.name });
  expect(await found(kept)).toMatchObject({ title: "After" });
  // Its owner can still manage it.
  const gone = await ask(`/api/videos/${lost.jobId}`, { method: "DELETE", token: lost.ownerToken });
  expect(gone.status).toBe(204);
});

test("a backup has every table but the reports, which would come back when they were settled", async () => {
  const { results } = await env.CATALOG.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table'",
  ).all<{ name: string }>();
  const names = results.map(({ name }) => name).filter((name) => !/^(sqlite_|_cf_|d1_)/.test(name));
  const backup = catalogueBackupSchema.parse(await (await ask("/api/admin/catalogue")).json());
  expect([...Object.keys(backup.tables), "reports"].sort()).toEqual(names.sort());
});

test("a backup with names that are no columns is refused", async () => {
  const tables = { videos: [{ "id) VALUES ('x'); --": "x" }] };
  const init = { method: "POST", body: JSON.stringify({ schemaVersion: 1, tables }) };
  expect((await ask("/api/admin/catalogue", init)).status).toBe(400);
});
