import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { mp4Key } from "../../edge/servers/mp4.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  shareResponseSchema,
  videoPageSchema,
  videoSchema,
} from "../../shared/wire/api.ts";
import { jobStatusSchema } from "../../shared/wire/job-status.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { call, createJob, makeAll, plan, ScriptedHolder } from "./scripted-holder.ts";

// A video's details, which its owner sets, and who can see the name of its file.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const SECRET_NAME = "Müller divorce – final v2.1.mov";
const named = { ...plan, source: { ...plan.source, name: SECRET_NAME } };

const DETAILS = {
  title: "Lesson 3: fractions <b>&amp; more</b>",
  description: "First line\nSecond line",
  language: "de-AT",
  chapters: [
    { startSeconds: 0, title: "Begin" },
    { startSeconds: 61.5, title: "Halves" },
  ],
};

async function change(
  { jobId, ownerToken }: CreateJobResponse,
  body: object,
  token = ownerToken,
): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  return call(`/api/videos/${jobId}`, { method: "PATCH", headers, body: JSON.stringify(body) });
}

async function read(path: string, token?: string): Promise<unknown> {
  const init = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  const response = await call(path, init);
  expect(response.status, path).toBe(200);
  return response.json();
}

test("without a title the file's name is it, without its ending", async () => {
  const job = await createJob(named);
  const status = jobStatusSchema.parse(await read(`/api/jobs/${job.jobId}`));
  expect(status.title).toBe("Müller divorce – final v2.1");
  expect(status.details).toEqual({
    title: "Müller divorce – final v2.1",
    description: "",
    language: null,
    chapters: [],
  });
});

test("a title takes the place of the file's name for everybody but the owner", async () => {
  const job = await createJob(named, "listed");
  const share = await call(`/api/jobs/${job.jobId}/share`, {
    method: "POST",
    headers: { authorization: `Bearer ${job.ownerToken}` },
    body: "{}",
  });
  const linkToken = shareResponseSchema.parse(await share.json()).joinUrl.split("#")[1] ?? "";
  const helper = new ScriptedHolder(job);
  await helper.join({ role: "contributor", token: linkToken });

  expect(await (await change(job, DETAILS)).json()).toEqual(DETAILS);
  await expect.poll(() => JSON.stringify(helper.received)).toContain("Lesson 3");
  const late = new ScriptedHolder(job);
  await late.join({ role: "contributor", token: linkToken });
  expect(JSON.stringify(late.received)).toContain("Lesson 3");
  expect(JSON.stringify(late.received)).not.toContain("divorce");
  helper.close();
  late.close();

  await makeAll(job);
  await env.MEDIA.put(mp4Key(job.jobId), "an mp4");
  const paths = [`/api/jobs/${job.jobId}`, `/api/videos/${job.jobId}`, "/api/videos"];
  for (const path of paths) {
    const answer = JSON.stringify(await read(path));
    expect(answer, path).not.toContain("divorce");
    expect(answer, path).toContain("Lesson 3: fractions <b>&amp; more</b>");
  }
  const mp4 = await call(`/v/${job.jobId}/download.mp4`);
  expect(await mp4.text()).toBe("an mp4");
  expect(mp4.headers.get("content-disposition")).toContain(
    "filename*=UTF-8''Lesson%203%3A%20fractions%20%3Cb%3E%26amp%3B%20more%3C-b%3E.mp4",
  );

  const own = jobStatusSchema.parse(await read(`/api/jobs/${job.jobId}`, job.ownerToken));
  expect([own.name, own.source?.name, own.title]).toEqual([
    SECRET_NAME,
    SECRET_NAME,
    DETAILS.title,
  ]);
  expect(own.details).toEqual(DETAILS);
  const row = videoSchema.parse(await read(`/api/videos/${job.jobId}`, job.ownerToken));
  expect(row).toMatchObject({ ...DETAILS, name: SECRET_NAME });
  const { videos } = videoPageSchema.parse(await read("/api/videos"));
  expect(videos.find(({ id }) => id === job.jobId)).toMatchObject({ ...DETAILS });
});

test("what a change does not name stays, and an empty title is none", async () => {
  const job = await createJob(named);
  await change(job, DETAILS);
  await change(job, { description: "Another" });
  await change(job, { chapters: [] });
  const read1 = jobStatusSchema.parse(await read(`/api/jobs/${job.jobId}`));
  expect(read1.details).toEqual({ ...DETAILS, description: "Another", chapters: [] });
  await change(job, { title: " ", language: null });
  const read2 = jobStatusSchema.parse(await read(`/api/jobs/${job.jobId}`));
  expect(read2.details).toMatchObject({ title: "Müller divorce – final v2.1", language: null });
});

test("details may come with the job, and go with the video", async () => {
  const body = JSON.stringify({ plan: named, visibility: "listed", details: DETAILS });
  const created = await call("/api/jobs", { method: "POST", body });
  const job = createJobResponseSchema.parse(await created.json());
  const status = jobStatusSchema.parse(await read(`/api/jobs/${job.jobId}`));
  expect([status.name, status.details]).toEqual([DETAILS.title, DETAILS]);
  await makeAll(job);
  const headers = { authorization: `Bearer ${job.ownerToken}` };
  await call(`/api/videos/${job.jobId}`, { method: "DELETE", headers });
  const left = await env.CATALOG.prepare("SELECT * FROM video_details WHERE id = ?")
    .bind(job.jobId)
    .first();
  expect(left).toBeNull();
});

describe("what is refused", () => {
  test.each([
    ["nothing", {}, "nothing to change"],
    ["a title that is too long", { title: "x".repeat(201) }, "title"],
    ["a language that is none", { language: "not a tag" }, "language"],
    ["chapters out of order", { chapters: [chapter(5), chapter(5)] }, "chapters"],
    ["a chapter without a title", { chapters: [{ startSeconds: 1, title: " " }] }, "chapters.0"],
    ["a chapter before the beginning", { chapters: [chapter(-1)] }, "chapters.0.startSeconds"],
    ["too many chapters", { chapters: Array.from({ length: 201 }, (_, at) => chapter(at)) }, "c"],
  ])("%s", async (_name, body, named) => {
    const response = await change(await createJob(), body);
    expect(response.status).toBe(400);
    const problem = problemSchema.parse(await response.json());
    expect(problem.code).toBe("REQUEST_INVALID");
    expect(problem.detail).toContain(named);
  });

  test("a change by somebody else", async () => {
    const job = await createJob();
    const other = await createJob();
    expect((await change(job, { title: "Mine now" }, other.ownerToken)).status).toBe(403);
  });
});

test("characters that nobody sees are left out; line ends become one kind", async () => {
  const job = await createJob(named);
  const changed = await change(job, {
    title: "\u202eevil\u0000 \ttitle\ud800\n",
    description: "a\r\nb\u0007\rc",
    language: "EN-us",
  });
  expect(await changed.json()).toEqual({
    title: "evil title\ufffd",
    description: "a\nb\nc",
    language: "en-US",
  });
});

function chapter(startSeconds: number) {
  return { startSeconds, title: `At ${startSeconds}` };
}
