import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { saveDetails } from "../../edge/catalog/details.ts";
import { listVideos, saveVideo } from "../../edge/catalog/videos.ts";
import { type Video, videoPageSchema, videoSchema } from "../../shared/wire/api.ts";
import { call } from "./scripted-holder.ts";

const OLD: Video = {
  id: "00000000000000000001",
  name: "Old.mov",
  state: "ready",
  errorCode: null,
  durationTicks: 90_000,
  width: 640,
  height: 360,
  bytesStored: 5,
  createdAtMs: 1_000,
  endedAtMs: 2_000,
  // Rows from before there was a visibility become unlisted: nobody chose to list them.
  visibility: "unlisted",
  title: "Old",
  description: "",
  language: null,
  chapters: [],
  poster: null,
  storyboardPath: null,
  plays: 0,
  original: null,
  originalForAll: false,
  downloads: false,
};

// Writes one row after each migration, so that each migration is applied to rows of the earlier schema.
beforeAll(async () => {
  for (let count = 1; count <= env.TEST_MIGRATIONS.length; count += 1) {
    await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS.slice(0, count));
    await env.CATALOG.prepare(
      `INSERT INTO videos (id, name, state, error_code, duration_ticks, width, height,
                           bytes_stored, created_at_ms, ended_at_ms)
       VALUES (?, 'Old.mov', 'ready', NULL, 90000, 640, 360, 5, ?, 2000)`,
    )
      .bind(`0000000000000000000${count}`, count * 1_000)
      .run();
  }
});

test("rows load as each of the migrations found them, by the catalogue and by its clients", async () => {
  expect(env.TEST_MIGRATIONS.length).toBeGreaterThan(1);
  const all = { after: null, state: null, limit: 100, listedOnly: false };
  const page = await listVideos(env.CATALOG, all);
  expect(page?.videos.at(-1)).toEqual(OLD);
  expect(page?.videos).toHaveLength(env.TEST_MIGRATIONS.length);
  const { videos } = videoPageSchema.parse(await (await call("/api/videos")).json());
  expect(videos).toEqual([]);
  const old = await call(`/api/videos/${OLD.id}`);
  expect(videoSchema.parse(await old.json())).toEqual({
    ...OLD,
    name: OLD.title,
    ...{ plays: undefined, originalForAll: undefined },
  });
});

test("a video from before there were owners is nobody's to delete", async () => {
  const headers = { authorization: "Bearer somebody" };
  const response = await call(`/api/videos/${OLD.id}`, { method: "DELETE", headers });
  expect(response.status).toBe(404);
});

test("what is saved is what is listed, and an end is not undone", async () => {
  const video: Video = { ...OLD, id: "z".repeat(20), createdAtMs: 9_000, errorCode: "TASK_FAILED" };
  await saveVideo(env.CATALOG, { ...video, state: "planned", endedAtMs: null, errorCode: null });
  await saveVideo(env.CATALOG, video);
  await saveVideo(env.CATALOG, { ...video, state: "planned", endedAtMs: null });
  const newest = { after: null, state: null, limit: 1, listedOnly: false };
  const page = await listVideos(env.CATALOG, newest);
  expect(page?.videos).toEqual([video]);
});

test("a search finds what is in a title or a description, as it is written", async () => {
  const texts = ["Ärzte: 100 % sicher", "A walk\\by_the quay", "Nothing of it"];
  for (const [at, title] of texts.entries()) {
    const id = `${at}`.padStart(20, "y");
    await saveVideo(env.CATALOG, { ...OLD, id, createdAtMs: 20_000 + at });
    await saveDetails(env.CATALOG, id, { title, description: at === 2 ? "Filmed in MAY" : "" });
  }
  const found = async (search: string) => {
    const options = { after: null, state: null, limit: 100, listedOnly: false, search };
    const page = await listVideos(env.CATALOG, options);
    return page?.videos.map(({ title }) => texts.indexOf(title)).filter((at) => at >= 0);
  };
  expect(await found("100 %")).toEqual([0]);
  expect(await found("Ärzte")).toEqual([0]);
  expect(await found("WALK\\BY_the")).toEqual([1]);
  expect(await found("may")).toEqual([2]);
  expect(await found("%")).toEqual([0]);
  expect(await found("x".repeat(200))).toEqual([]);
  expect(await found(" ")).toEqual([2, 1, 0]);
});
