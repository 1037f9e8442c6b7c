import type { Page } from "playwright";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { Site, VideoPage } from "../../../shared/wire/api.ts";
import type { Problem } from "../../../shared/wire/problem.ts";

type Video = VideoPage["videos"][number];

const READY: Video = {
  id: "0123456789abcdefghjk",
  name: "harbour-walk-2026.mp4",
  state: "ready",
  durationTicks: 312 * TICKS_PER_SECOND,
  width: 1280,
  height: 720,
  bytesStored: 219_480_113,
  createdAtMs: 1_795_000_000_000,
  endedAtMs: 1_795_000_214_000,
  errorCode: null,
  visibility: "listed",
  title: "Harbour walk",
  description: "Along the quay, in the evening.",
  language: "en",
  chapters: [],
};

const VIDEOS: Video[] = [
  READY,
  {
    ...READY,
    id: "1123456789abcdefghjk",
    name: "being-made.mkv",
    title: "Being made",
    state: "planned",
    bytesStored: 0,
    endedAtMs: null,
  },
  {
    ...READY,
    id: "2123456789abcdefghjk",
    name: "broken.avi",
    title: "Broken",
    state: "failed",
    errorCode: "TASK_FAILED",
  },
  {
    ...READY,
    id: "3123456789abcdefghjk",
    name: "given-up.mov",
    title: "Given up",
    state: "cancelled",
    bytesStored: 0,
  },
];

/**
 * Answers a page's requests to the catalogue. The first video belongs to this browser.
 * @returns changes that the page requests, as they come
 */
export async function serveVideos(page: Page): Promise<unknown[]> {
  const changes: unknown[] = [];
  await page.addInitScript(() => {
    if (localStorage.getItem("tributary.owned") !== null) return;
    localStorage.setItem("tributary.owned", JSON.stringify({ "0123456789abcdefghjk": "t" }));
  });
  await page.route("**/api/videos*", (route) => {
    const search = new URL(route.request().url()).searchParams.get("search") ?? "";
    const videos = search === "" ? VIDEOS : [];
    return route.fulfill({ json: { videos, cursor: null } satisfies VideoPage });
  });
  await page.route("**/api/videos/*", (route) => {
    const request = route.request();
    if (!request.url().endsWith(READY.id)) {
      return route.fulfill({ status: 404, json: NO_VIDEO });
    }
    if (request.method() !== "PATCH") return route.fulfill({ json: READY satisfies Video });
    changes.push(request.postDataJSON());
    return route.fulfill({ json: request.postDataJSON() });
  });
  await page.route("**/api/site", (route) =>
    route.fulfill({ json: { servers: true, createToken: false } satisfies Site }),
  );
  return changes;
}

const NO_VIDEO: Problem = {
  type: "about:blank",
  title: "Not Found",
  status: 404,
  code: "NOT_FOUND",
  detail: "There is no such video.",
};
