import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import type { ContributorState } from "../../web/contributor/contributor-api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { frameTimesSeconds, generatedClip, realClip } from "../setup/media.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { inspect, type MadeVideo, makeVideo, SMALL_LADDER, waitFor } from "./made-video.ts";

// Real tabs joined by a real link: the owner's and the helpers', each with its own encoder.

type Shown = { tributaryContributor: { state: ContributorState | null } };

const TIMEOUT_MS = 400_000;
const SECONDS = 72;

/** Four tabs that encode at once take minutes on two cores, so this runs only in `npm run test:clips`. */
const long = test.runIf(process.env["TRIBUTARY_CLIPS"] === "all");

let browser: Browser;
let file: string;
beforeAll(async () => {
  browser = await launchBrowser();
  // Small frames, so that many segments take little time.
  file = await generatedClip(`swarm-${SECONDS}s.mp4`, [
    ...["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=25:duration=${SECONDS}`],
    ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`],
    ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "100"],
    ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-shortest"],
  ]);
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");
const say = process.env["TRIBUTARY_VERBOSE"] === "1" ? console.error : () => {};

async function expectRight(video: MadeVideo): Promise<void> {
  await expectExactPictures(video, { source: file });
  const sound = await soundOf(video, file, 0);
  expect(sound.samples).toBeGreaterThanOrEqual(SECONDS * 48_000);
  // ffmpeg.wasm made all of it, on whichever tab, and the track is short. So it equals a single encode, sample by
  // sample.
  expect(sound.worstLsb).toBe(0);
}

async function help(joinUrl: string, name: string, within = browser): Promise<ContributorTab> {
  const tab = await ContributorTab.open(within, joinUrl, { name, slots: 1 }, say);
  expect((await tab.state())?.phase).toBe("invited");
  await tab.start();
  return tab;
}

/** Waits until the tab is in the middle of an encode. */
async function midSegment(tab: ContributorTab): Promise<void> {
  await tab.page.waitForFunction(
    () => {
      const { state } = (globalThis as unknown as Shown).tributaryContributor;
      return state?.encoding.some((progress) => progress > 0.02 && progress < 0.7) ?? false;
    },
    undefined,
    { polling: 20, timeout: 120_000 },
  );
}

function holderNamed({ holders }: JobStatus, name: string) {
  const found = holders.find((holder) => holder.name === name);
  if (found === undefined) throw new Error(`Nobody is called ${name}.`);
  return found;
}

long(
  "three helpers make more than half of a video, and it is known who made what",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const helpers: ContributorTab[] = [];
    await using video = await makeVideo(browser, {
      serverUrl,
      file,
      ladder: SMALL_LADDER,
      slots: 1,
      meddle: async (tab, job) => {
        const { joinUrl } = await tab.share(job);
        helpers.push(...(await Promise.all(["Ada", "Ben", "Cem"].map((n) => help(joinUrl, n)))));
      },
    });
    const { segments, tasks, holders, warnings } = video.status;
    const theirs = segments.filter(({ role }) => role === "contributor");
    expect(theirs.length).toBeGreaterThan(segments.length / 2);
    for (const { holder, engine, role } of segments) {
      expect(holders.find(({ id }) => id === holder)?.role).toBe(role);
      expect(engine).toBe("ffmpeg-wasm");
    }
    // The first results of each helper are audited.
    for (const name of ["Ada", "Ben", "Cem"]) {
      const { id } = holderNamed(video.status, name);
      const made = theirs.filter(({ holder }) => holder === id);
      expect(made.length, name).toBeGreaterThan(0);
      expect(made.filter(({ verified }) => verified === "hash").length, name).toBeGreaterThan(0);
    }
    expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
    expect(warnings).toEqual([]);
    await expectRight(video);

    for (const helper of helpers) {
      await helper.page.getByRole("heading", { name: /finished/i }).waitFor();
      const state = await helper.state();
      expect(state).toMatchObject({ phase: "done", error: null });
      expect(state?.tasksDone).toBeGreaterThan(0);
      expect(state?.bytesDownloaded).toBeGreaterThan(0);
      await helper.close();
    }
  },
);

const reference = realClip("bbb480p30s.mp4");

test.runIf(process.env["TRIBUTARY_CLIPS"] === "all" && reference !== null)(
  "three helpers make more than half of the reference clip's pictures, every frame exact",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const source = reference ?? "";
    const helpers: ContributorTab[] = [];
    await using video = await makeVideo(browser, {
      serverUrl,
      file: source,
      ladder: "480:1400,360:800,240:400",
      slots: 1,
      meddle: async (tab, job) => {
        const { joinUrl } = await tab.share(job);
        helpers.push(...(await Promise.all(["Ada", "Ben", "Cem"].map((n) => help(joinUrl, n)))));
      },
    });
    const { segments, tasks, holders, warnings } = video.status;
    const pictures = segments.filter(({ rendition }) => rendition.startsWith("v"));
    const theirs = pictures.filter(({ role }) => role === "contributor");
    expect(theirs.length).toBeGreaterThan(pictures.length / 2);
    for (const { holder, role } of segments) {
      expect(holders.find(({ id }) => id === holder)?.role).toBe(role);
    }
    // All helpers were new, so each result counted only after another holder had made the same.
    for (const { verified } of theirs) expect(verified).toBe("hash");
    expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
    expect(warnings).toEqual([]);
    const timesSeconds = frameTimesSeconds("bbb480p30s.mp4");
    expect(timesSeconds).toHaveLength(720);
    await expectExactPictures(video, { source, timesSeconds });
    for (const helper of helpers) await helper.close();
  },
);

long(
  "two of three helpers vanish mid-segment, one by closing and one frozen: nobody is charged",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    // A browser of its own, because freezing stops all its processes. Its socket stays open.
    const icy = await launchBrowser();
    let stopped: number[] = [];
    try {
      let atFreeze: JobStatus | undefined;
      await using video = await makeVideo(browser, {
        serverUrl,
        file,
        ladder: SMALL_LADDER,
        slots: 1,
        meddle: async (tab, job) => {
          const { joinUrl } = await tab.share(job);
          const [closing, freezing] = await Promise.all([
            help(joinUrl, "Closing"),
            help(joinUrl, "Freezing", icy),
            help(joinUrl, "Staying"),
          ]);
          await midSegment(freezing);
          stopped = await freeze(icy);
          atFreeze = await tab.status(job);
          await midSegment(closing);
          await closing.close();
        },
      });
      if (atFreeze === undefined) throw new Error("Nothing was frozen.");
      const { id, connected } = holderNamed(atFreeze, "Freezing");
      expect(connected).toBe(true);
      const held = atFreeze.tasks.filter((task) => task.holder === id && task.state === "leased");
      expect(held.length).toBeGreaterThan(0);
      // Its leased tasks were made by others, and no failed attempt was counted.
      for (const task of held) {
        const made = video.status.segments.filter(
          ({ rendition, segment }) =>
            rendition.startsWith(task.kind === "video" ? "v" : "a") &&
            segment === task.firstSegment,
        );
        expect(made.length).toBeGreaterThan(0);
        for (const each of made) {
          expect(each.holder).not.toBe(id);
          expect(each.attempt).toBe(1);
        }
      }
      expect(video.status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
      await expectRight(video);
    } finally {
      for (const pid of stopped) process.kill(pid, "SIGCONT");
      await icy.close();
    }
  },
);

/** Stops the processes of all tabs of a browser. @returns their pids, to let them run on later */
async function freeze(of: Browser): Promise<number[]> {
  const session = await of.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const pids = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return pids;
}

long(
  "the owner lets the swarm finish and leaves: the video becomes ready without it",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    // Unverified results are published: no one is left to audit the helpers, and the job would wait for the owner.
    const checking = { verify: "adaptive", unverified: "publish" } as const;
    const options = { serverUrl, engine: "ffmpeg", slots: 1, ladder: SMALL_LADDER, checking };
    const owner = await OwnerTab.open(browser, options, say);
    const inspected = await inspect(owner, file);
    const job = await owner.start();
    const helpers = await joinedByLinkOf(owner, ["Ada", "Ben"]);
    await owner.page.getByRole("checkbox", { name: /let the helpers finish/i }).check();
    await owner.page.getByText("Safe to close this tab").waitFor({ timeout: 120_000 });
    const ended = await owner.state();
    const atLeave = await owner.status(job);
    await owner.close();
    expect(atLeave.state).toBe("running");
    const leftOver = atLeave.tasks.filter(({ state }) => state !== "done");
    expect(leftOver.length).toBeGreaterThan(0);

    const status = await readyWithin(owner, job, 240_000);
    expect(status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
    expect(holderNamed(status, holderNamed(atLeave, "Ada").name).tasksDone).toBeGreaterThan(0);
    const doneLater = status.segments.filter(({ segment, rendition }) =>
      leftOver.some(
        ({ kind, firstSegment, segmentCount }) =>
          rendition.startsWith(kind === "video" ? "v" : "a") &&
          segment >= firstSegment &&
          segment < firstSegment + segmentCount,
      ),
    );
    expect(doneLater.length).toBeGreaterThan(0);
    for (const { role } of doneLater) expect(role).toBe("contributor");

    const dir = await mkdtemp(join(tmpdir(), "tributary-swarm-"));
    try {
      await copyPlaylists(job.masterUrl, dir, AbortSignal.timeout(60_000));
      const video = { job, inspected, ended, status, dir };
      await expectRight({ ...video, [Symbol.asyncDispose]: async () => {} });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    for (const helper of helpers) await helper.close();
  },
);

/** Makes the link with the page's own button, and lets helpers join by the link that it shows. */
async function joinedByLinkOf(owner: OwnerTab, names: string[]): Promise<ContributorTab[]> {
  await waitFor(owner, ({ job }) => job !== null);
  await owner.page.getByRole("button", { name: "Make a link for helpers" }).click();
  const field = owner.page.getByLabel("Link for helpers", { exact: true });
  const joinUrl = await field.inputValue();
  return Promise.all(names.map((name) => help(joinUrl, name)));
}

async function readyWithin(
  owner: OwnerTab,
  job: CreateJobResponse,
  withinMs: number,
): Promise<JobStatus> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const status = await owner.status(job);
    if (status.state === "ready") return status;
    if (status.state !== "running" && status.state !== "assembling") {
      throw new Error(`It ended as ${status.state}: ${JSON.stringify(status.error)}`);
    }
    if (performance.now() > deadline) throw new Error(JSON.stringify(status.tasks));
    await sleep(500);
  }
}
