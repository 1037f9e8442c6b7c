import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { newJobId } from "../../edge/http/auth.ts";
import { mp4Key } from "../../edge/servers/mp4.ts";
import { sealUpload } from "../../edge/storage/upload-handle.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  shareResponseSchema,
  videoPageSchema,
  visibilitySchema,
} from "../../shared/wire/api.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { acceptedRows } from "./accepted-objects.ts";
import { STORYBOARD, savePictures } from "./made-pictures.ts";
import { createJob, makeAll, plan, ScriptedHolder, until } from "./scripted-holder.ts";

// Permissions: every operation on a video, by every kind of caller, for each visibility.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const ADMIN_TOKEN = "the-operator's-own-token";
const CREATE_TOKEN = "for-those-who-may-create";

/** A request to a site that has both of its secrets. */
async function ask(
  path: string,
  init: RequestInit & { token?: string | null } = {},
  bindings: Partial<Cloudflare.Env> = {},
): Promise<Response> {
  const { token = null, ...request } = init;
  const headers = new Headers(request.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  return app.fetch(
    new Request(`http://localhost${path}`, { ...request, headers }),
    { ...env, ADMIN_TOKEN, CREATE_TOKEN, ...bindings },
    createExecutionContext(),
  );
}

async function statusOf(...asked: Parameters<typeof ask>): Promise<number> {
  const response = await ask(...asked);
  await response.arrayBuffer();
  return response.status;
}

interface Video extends CreateJobResponse {
  linkToken: string;
}

async function share({ jobId, ownerToken }: CreateJobResponse): Promise<string> {
  const init = { method: "POST", token: ownerToken };
  const response = await ask(`/api/jobs/${jobId}/share`, init);
  return shareResponseSchema.parse(await response.json()).joinUrl.split("#")[1] ?? "";
}

/** A finished video with an MP4, and a helpers' link from the time when it was being made. */
async function readyVideo(visibility: Visibility): Promise<Video> {
  const job = await createJob(plan, visibility);
  const linkToken = await share(job);
  await makeAll(job);
  await env.MEDIA.put(mp4Key(job.jobId), "an mp4");
  await savePictures(job);
  return { ...job, linkToken };
}

const CALLERS = ["stranger", "other owner", "helper", "creator", "owner", "operator"] as const;
type Caller = (typeof CALLERS)[number];

let elsewhere: Video;
beforeAll(async () => {
  elsewhere = await readyVideo("listed");
});

function tokenOf(caller: Caller, { ownerToken, linkToken }: Video): string | null {
  return {
    stranger: null,
    "other owner": elsewhere.ownerToken,
    helper: linkToken,
    creator: CREATE_TOKEN,
    owner: ownerToken,
    operator: ADMIN_TOKEN,
  }[caller];
}

interface Operation {
  method: string;
  path: string;
  body?: unknown;
  /** Expected statuses for an unlisted or listed video, in the order of CALLERS. */
  open: readonly number[];
  /** The same for a private video. */
  private: readonly number[];
}

/**
 * Expected statuses for viewing: knowing the address is enough, except for private videos, which only owner and
 * operator may see.
 */
const VIEW = { open: [200, 200, 200, 200, 200, 200], private: [404, 404, 404, 404, 200, 200] };

async function operations(video: Video, visibility: Visibility): Promise<Operation[]> {
  const { jobId } = video;
  const [made] = await acceptedRows(video);
  const view = [
    `/api/videos/${jobId}`,
    `/api/videos/${jobId}/mp4`,
    `/api/videos/${jobId}/files`,
    `/api/jobs/${jobId}/events`,
    `/coordinator-status?jobGroupId=${jobId}`,
    ...["master.m3u8", "v144/playlist.m3u8", "v144/iframes.m3u8", "download.mp4"].map(
      (path) => `/v/${jobId}/${path}`,
    ),
    ...["poster.jpg", "storyboard.vtt"].map((path) => `/v/${jobId}/${path}`),
    `/${made?.initKey}`,
    `/${made?.key}`,
  ].flatMap((path) => [
    { method: "GET", path, ...VIEW },
    { method: "HEAD", path, ...VIEW },
  ]);
  return [
    ...view,
    // Helpers of a private video may read its job's status.
    {
      method: "GET",
      path: `/api/jobs/${jobId}`,
      open: VIEW.open,
      private: [404, 404, 200, 404, 200, 200],
    },
    {
      method: "GET",
      path: `/api/videos/${jobId}/check`,
      open: [401, 403, 403, 403, 200, 200],
      private: [404, 404, 404, 404, 200, 200],
    },
    {
      method: "POST",
      path: `/api/videos/${jobId}/mp4`,
      open: [401, 403, 403, 403, 200, 200],
      private: [404, 404, 404, 404, 200, 200],
    },
    {
      method: "GET",
      path: `/api/videos/${jobId}/check`,
      open: [401, 403, 403, 403, 200, 200],
      private: [404, 404, 404, 404, 200, 200],
    },
    {
      method: "PUT",
      path: `/api/videos/${jobId}/storyboard`,
      body: STORYBOARD,
      open: [401, 403, 403, 403, 200, 200],
      private: [404, 404, 404, 404, 200, 200],
    },
    {
      method: "PUT",
      path: `/api/videos/${jobId}/poster?source=automatic`,
      body: "none is decoded before it is known who asks",
      open: [401, 403, 403, 403, 422, 422],
      private: [404, 404, 404, 404, 422, 422],
    },
    {
      method: "PATCH",
      path: `/api/videos/${jobId}`,
      body: { visibility },
      open: [401, 403, 403, 403, 200, 200],
      private: [404, 404, 404, 404, 200, 200],
    },
    {
      method: "PATCH",
      path: `/api/videos/${jobId}`,
      body: { visibility: "everybody" },
      open: [400, 400, 400, 400, 400, 400],
      private: [400, 400, 400, 400, 400, 400],
    },
    {
      method: "DELETE",
      path: `/api/jobs/${jobId}`,
      open: [401, 403, 403, 403, 204, 204],
      private: [401, 404, 404, 404, 204, 204],
    },
    // The role follows from the token alone.
    {
      method: "POST",
      path: `/api/jobs/${jobId}/ticket`,
      open: [401, 401, 201, 401, 201, 401],
      private: [401, 401, 201, 401, 201, 401],
    },
    // The job has no webhook.
    {
      method: "GET",
      path: `/api/jobs/${jobId}/webhook`,
      open: [401, 404, 404, 404, 404, 404],
      private: [401, 404, 404, 404, 404, 404],
    },
    // Only the owner may make links for helpers. 409: the job has ended.
    {
      method: "POST",
      path: `/api/jobs/${jobId}/share`,
      open: [401, 403, 403, 403, 409, 403],
      private: [401, 404, 404, 404, 409, 403],
    },
    {
      method: "DELETE",
      path: `/api/jobs/${jobId}/contributors/somebody`,
      open: [401, 403, 403, 403, 204, 403],
      private: [401, 404, 404, 404, 204, 403],
    },
    {
      method: "DELETE",
      path: `/api/jobs/${jobId}/share`,
      open: [401, 403, 403, 403, 204, 403],
      private: [401, 404, 404, 404, 204, 403],
    },
  ];
}

describe.each(visibilitySchema.options)("a video that is %s", (visibility) => {
  test("is for whom it should be, whatever is asked", async () => {
    const video = await readyVideo(visibility);
    for (const operation of await operations(video, visibility)) {
      const { method, path, body } = operation;
      const answers: number[] = [];
      for (const caller of CALLERS) {
        const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
        answers.push(await statusOf(path, { ...init, token: tokenOf(caller, video) }));
      }
      const expected = visibility === "private" ? operation.private : operation.open;
      expect(answers, `${method} ${path}`).toEqual(expected);
    }
  });

  test("is listed to whom it should be", async () => {
    const video = await readyVideo(visibility);
    for (const caller of CALLERS) {
      const isListed = await pages(tokenOf(caller, video)).then((ids) => ids.has(video.jobId));
      expect(isListed, caller).toBe(visibility === "listed" || caller === "operator");
    }
  });

  test.each(["owner", "operator"] as const)("is deleted by its %s, by nobody else", async (who) => {
    const video = await readyVideo(visibility);
    const path = `/api/videos/${video.jobId}`;
    const others = CALLERS.filter((caller) => caller !== "owner" && caller !== "operator");
    for (const caller of others) {
      const init = { method: "DELETE", token: tokenOf(caller, video) };
      const refused = caller === "stranger" ? 401 : 403;
      expect(await statusOf(path, init), caller).toBe(visibility === "private" ? 404 : refused);
    }
    const init = { method: "DELETE", token: tokenOf(who, video) };
    expect(await statusOf(path, init)).toBe(204);
    for (const caller of CALLERS) {
      expect(await statusOf(path, { token: tokenOf(caller, video) }), caller).toBe(404);
    }
    expect(await statusOf(path, { ...init, token: ADMIN_TOKEN })).toBe(404);
  });
});

async function pages(token: string | null): Promise<Set<string>> {
  const ids = new Set<string>();
  let cursor = "";
  do {
    const page = videoPageSchema.parse(
      await (await ask(`/api/videos?limit=100${cursor}`, { token })).json(),
    );
    for (const { id } of page.videos) ids.add(id);
    cursor = page.cursor === null ? "" : `&cursor=${page.cursor}`;
  } while (cursor !== "");
  return ids;
}

test("without its secret a site has no operator, whatever token comes", async () => {
  const { jobId } = elsewhere;
  for (const secret of [undefined, ""]) {
    const bindings = { ADMIN_TOKEN: secret } as Partial<Cloudflare.Env>;
    for (const token of [ADMIN_TOKEN, "undefined", "x"]) {
      const init = { method: "DELETE", token };
      expect(await statusOf(`/api/videos/${jobId}`, init, bindings)).toBe(403);
    }
  }
});

test("a change counts at once: in the list, in players, and back again", async () => {
  const { jobId, ownerToken } = await readyVideo("unlisted");
  const master = `/v/${jobId}/master.m3u8`;
  for (const visibility of ["listed", "private", "unlisted"] as const) {
    const body = JSON.stringify({ visibility });
    const changed = await ask(`/api/videos/${jobId}`, { method: "PATCH", token: ownerToken, body });
    expect(await changed.json()).toEqual({ visibility });
    expect((await pages(null)).has(jobId)).toBe(visibility === "listed");
    expect(await statusOf(master)).toBe(visibility === "private" ? 404 : 200);
    const own = await ask(master, { token: ownerToken });
    await own.arrayBuffer();
    expect(own.headers.get("cache-control")).toBe(
      visibility === "private" ? "private, no-cache" : "no-cache",
    );
  }
});

test("a private video is private while it is made, and while its cancelled job is known", async () => {
  const job = await createJob(plan, "private");
  const holder = new ScriptedHolder(job);
  await holder.join();
  for (const grant of await holder.grants(plan.tasks.length - 1)) await holder.deliver(grant);
  const { jobId, ownerToken: token } = job;
  const paths = [`/api/jobs/${jobId}`, `/v/${jobId}/master.m3u8`];
  for (const path of paths) {
    expect([await statusOf(path), await statusOf(path, { token })]).toEqual([404, 200]);
  }
  expect(await statusOf(`/api/jobs/${jobId}`, { method: "DELETE", token: ADMIN_TOKEN })).toBe(204);
  await until(job, "cancelled");
  // The video is deleted once its row is gone.
  await expect.poll(() => statusOf(`/api/videos/${jobId}`, { token })).toBe(404);
  for (const path of [`/api/jobs/${jobId}`, `/coordinator-status?jobGroupId=${jobId}`]) {
    expect([await statusOf(path), await statusOf(path, { token })]).toEqual([404, 200]);
  }
});

test("a stream of events ends where the video becomes private", async () => {
  const { jobId, ownerToken: token } = await createJob(plan, "unlisted");
  const opened = await ask(`/api/jobs/${jobId}/events`);
  const reader = opened.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  const patch = { method: "PATCH", token, body: JSON.stringify({ visibility: "private" }) };
  expect(await statusOf(`/api/videos/${jobId}`, patch)).toBe(200);
  // The job is still running, so only the change of visibility can have ended the stream.
  while ((await reader?.read())?.done === false);
  const own = await ask(`/api/jobs/${jobId}`, { token });
  expect(await own.json()).toMatchObject({ state: "planned" });
});

test("a private source is private before a server has read it, and may be opened by then", async () => {
  const upload = { key: `uploads/${newJobId()}`, multipartId: "m", name: "x.mp4", sizeBytes: 3 };
  await env.MEDIA.put(upload.key, "abc");
  const expiresAtMs = Date.now() + 60_000;
  const handle = sealUpload(env, { ...upload, partSizeBytes: 3, expiresAtMs });
  const body = JSON.stringify({ source: { upload: handle }, visibility: "private" });
  const servers = { CONTAINER_URL: "http://container.example" };
  const created = await ask("/api/jobs", { method: "POST", token: CREATE_TOKEN, body }, servers);
  const { jobId, ownerToken: token } = createJobResponseSchema.parse(await created.json());
  const path = `/api/jobs/${jobId}`;
  expect([await statusOf(path), await statusOf(path, { token })]).toEqual([404, 200]);
  const patch = { method: "PATCH", token, body: JSON.stringify({ visibility: "unlisted" }) };
  expect(await statusOf(`/api/videos/${jobId}`, patch)).toBe(200);
  expect(await statusOf(path)).toBe(200);
});

describe("where the catalogue does not answer", () => {
  const broken = {
    prepare: () => {
      throw new Error("no answer");
    },
  };
  const bindings = { CATALOG: broken as unknown as D1Database };
  const create = (visibility: Visibility) =>
    statusOf(
      "/api/jobs",
      { method: "POST", token: CREATE_TOKEN, body: JSON.stringify({ plan, visibility }) },
      bindings,
    );

  test("nothing is shown that may be private", async () => {
    const { jobId, ownerToken: token } = await createJob(plan, "private");
    for (const path of [`/v/${jobId}/master.m3u8`, `/api/jobs/${jobId}`]) {
      expect(await statusOf(path, { token }, bindings)).toBe(503);
    }
  });

  test("no private job is made, others are", async () => {
    expect(await create("private")).toBe(500);
    expect(await create("unlisted")).toBe(201);
  });
});
