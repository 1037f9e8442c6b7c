import type { Page } from "playwright";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { Site, VideoPage } from "../../../shared/wire/api.ts";

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

/** The catalogue's answers, for one page. */
export async function serveVideos(page: Page): Promise<void> {
  await page.addInitScript(() => {
    localStorage.setItem("tributary.owned", JSON.stringify({ "0123456789abcdefghjk": "t" }));
  });
  await page.route(`**/api/videos/${READY.id}`, (route) =>
    route.fulfill({ json: READY satisfies Video }),
  );
  await page.route("**/api/videos*", (route) =>
    route.fulfill({ json: { videos: VIDEOS, cursor: "more" } satisfies VideoPage }),
  );
  await page.route("**/api/site", (route) =>
    route.fulfill({ json: { servers: true, createToken: false } satisfies Site }),
  );
}
