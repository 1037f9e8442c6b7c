import { applyD1Migrations, createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { newJobId } from "../../edge/http/auth.ts";
import { sealUpload } from "../../edge/storage/upload-handle.ts";
import { createJobResponseSchema } from "../../shared/wire/api.ts";
import { call, createJob, plan, status } from "./scripted-holder.ts";

// A job for a part of its source: what the edge stores of the part, and which times it shifts.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const { durationTicks } = plan.source;
const START_TICKS = 900_000;
const trim = {
  startTicks: START_TICKS,
  endTicks: START_TICKS + durationTicks,
  sourceDurationTicks: START_TICKS + 2 * durationTicks,
};
const ofPart = { ...plan, source: { ...plan.source, trim } };

test("the part stands in the job, and chapters and captions of the source follow it", async () => {
  const chapters = [
    { startSeconds: 0, title: "Before" },
    { startSeconds: 9, title: "Goes on" },
    { startSeconds: 12.5, title: "Within" },
  ];
  const response = await call("/api/jobs", {
    method: "POST",
    body: JSON.stringify({ plan: ofPart, details: { chapters } }),
  });
  const job = createJobResponseSchema.parse(await response.json());
  const { source, details } = await status(job);
  expect(source?.trim).toEqual(trim);
  expect(details?.chapters).toEqual([
    { startSeconds: 0, title: "Goes on" },
    { startSeconds: 2.5, title: "Within" },
  ]);

  const text = "1\n00:00:08,000 --> 00:00:11,000\nOne\n\n2\n00:00:11,500 --> 00:00:12,000\nTwo\n";
  const sent = { language: "en", format: "srt", text, trim: { startSeconds: 10 } };
  const added = await call(`/api/videos/${job.jobId}/captions`, {
    method: "POST",
    body: JSON.stringify(sent),
    headers: { authorization: `Bearer ${job.ownerToken}` },
  });
  const { url, notices } = await added.json<{ url: string; notices: unknown[] }>();
  expect(notices).toEqual([]);
  const vtt = await (await exports.default.fetch(new Request(url))).text();
  expect(vtt).toContain("00:00:00.000 --> 00:00:01.000\nOne");
  expect(vtt).toContain("00:00:01.500 --> 00:00:02.000\nTwo");
});

test("a plan whose part has another length, or goes beyond its source, is refused", async () => {
  for (const change of [{ endTicks: trim.endTicks + 1 }, { sourceDurationTicks: 1 }]) {
    const source = { ...ofPart.source, trim: { ...trim, ...change } };
    await expect(createJob({ ...ofPart, source })).rejects.toThrow("PLAN_INVALID");
  }
});

test("a server that makes a whole video is told the part", async () => {
  const upload = { key: `uploads/${newJobId()}`, multipartId: "m", name: "x.mp4", sizeBytes: 3 };
  await env.MEDIA.put(upload.key, "abc");
  const expiresAtMs = Date.now() + 60_000;
  const handle = sealUpload(env, { ...upload, partSizeBytes: 3, expiresAtMs });
  const part = { startSeconds: 3.2, endSeconds: 21 };
  const created = await app.fetch(
    new Request("https://tributary.example/api/jobs", {
      method: "POST",
      body: JSON.stringify({ source: { upload: handle }, trim: part }),
    }),
    { ...env, CONTAINER_URL: "http://container.example" } as Cloudflare.Env,
    createExecutionContext(),
  );
  const { jobId } = createJobResponseSchema.parse(await created.json());
  const kept = await runInDurableObject(env.SOURCE_JOBS.getByName(jobId), (_, { storage }) =>
    storage.get<{ source: { trim?: unknown } }>("kept"),
  );
  expect(kept?.source.trim).toEqual(part);
});
