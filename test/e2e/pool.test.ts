import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import type { CreatePoolResponse, PoolOverview } from "../../shared/wire/pool.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { PoolTab } from "../../web/headless/pool-tab.ts";
import { PoolClient } from "../../web/pool-client.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";
import { showBlack } from "./lying-encoder.ts";
import { type MadeVideo, makeVideo, SMALL_LADDER } from "./made-video.ts";

// One pool with real tabs, real programs and real owners.

const serverUrl = inject("serverUrl");
const client = new PoolClient(serverUrl);
const say = process.env["TRIBUTARY_VERBOSE"] === "1" ? console.error : () => {};
const long = test.runIf(process.env["TRIBUTARY_CLIPS"] === "all");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

function clip(name: string, seconds: number): Promise<string> {
  return generatedClip(`${name}-${seconds}s.mp4`, [
    ...["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=25:duration=${seconds}`],
    ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "100"],
    ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-shortest"],
  ]);
}

/** Makes a video whose owner asks the pool for help, with the page's own control. */
function askedVideo(
  pool: CreatePoolResponse,
  file: string,
  within = browser,
  engine: "ffmpeg" | "auto" = "ffmpeg",
): Promise<MadeVideo> {
  return makeVideo(within, {
    ...{ serverUrl, file, ladder: SMALL_LADDER, slots: 1, engine },
    look: async (tab) => {
      await tab.pool(pool.askUrl);
      await tab.page.getByLabel("Thank the pool in the description").check();
    },
  });
}

async function member(pool: CreatePoolResponse, name: string, within = browser): Promise<PoolTab> {
  const tab = await PoolTab.open(within, pool.joinUrl, { name, slots: 1, key: null }, say);
  await tab.join();
  return tab;
}

function overview({ poolId, operatorToken }: CreatePoolResponse): Promise<PoolOverview> {
  return client.overview(poolId, operatorToken);
}

function helpers({ status }: MadeVideo): number {
  return status.segments.filter(({ role }) => role === "contributor").length;
}

test("a tab joins a pool once, and helps a video whose owner asks the pool", async () => {
  const pool = await client.create("Media club");
  const tab = await member(pool, "Ada");
  await tab.page.getByRole("heading", { name: "Ready to help" }).waitFor();
  const file = await clip("pool", 24);
  await using video = await askedVideo(pool, file);
  expect(video.status.pool?.name).toBe("Media club");
  const { description } = await new EdgeClient(serverUrl).video(video.job.jobId);
  expect(description).toBe("Made with the help of Media club.");
  expect(helpers(video)).toBeGreaterThan(0);
  expect(video.status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  await expectExactPictures(video, { source: file });
  await expect.poll(async () => (await tab.state())?.given?.tasks ?? 0).toBeGreaterThan(0);
  expect(await tab.state()).toMatchObject({ phase: "member", job: null, error: null });
  await tab.page.getByRole("button", { name: "Stop at once" }).click();
  await tab.page.getByRole("heading", { name: "You stopped. Thank you!" }).waitFor();
  await tab.close();
});

long(
  "two owners, two tabs and two programs: members move by themselves, and one that is closed costs nothing",
  { timeout: 600_000 },
  async () => {
    const pool = await client.create("Media club");
    const identities = await mkdtemp(join(tmpdir(), "tributary-pool-"));
    const programs = ["Cem", "Dora"].map((name) => {
      const identity = join(identities, `${name}.json`);
      const options = ["--slots", "1", "--name", name, "--identity", identity];
      const given = ["web/headless/contribute.ts", pool.joinUrl, ...options];
      return spawn(process.execPath, given, { cwd: root, stdio: "ignore" });
    });
    try {
      const tabs = [await member(pool, "Ada"), await member(pool, "Ben")];
      await expect.poll(async () => (await overview(pool)).members, { timeout: 60_000 }).toBe(4);
      const files = [await clip("pool", 30), await clip("pool-long", 96)] as const;
      const owners = await Promise.all([launchBrowser(), launchBrowser()]);
      const seen = new Map<string, Set<string>>();
      const watch = setInterval(async () => {
        for (const { name, jobId } of (await overview(pool)).memberList) {
          if (jobId !== null) seen.set(name, (seen.get(name) ?? new Set()).add(jobId));
        }
      }, 1_000);
      const making = files.map((file, index) => askedVideo(pool, file, owners[index]));
      // Waits until Ada is in the middle of an encode.
      const [ada] = tabs;
      await ada?.page.waitForFunction(
        () => {
          const { state } = (
            globalThis as unknown as { tributaryPool: { state: { encoding: number[] } } }
          ).tributaryPool;
          return state.encoding.some((progress) => progress > 0.02 && progress < 0.7);
        },
        undefined,
        { polling: 20, timeout: 120_000 },
      );
      await ada?.close();
      const videos = await Promise.all(making);
      clearInterval(watch);
      for (const [index, video] of videos.entries()) {
        const source = files[index] ?? "";
        expect(helpers(video)).toBeGreaterThan(0);
        expect(video.status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
        await expectExactPictures(video, { source });
        await video[Symbol.asyncDispose]();
      }
      // Some of the members that stayed helped with both videos, without any click.
      expect([...seen.values()].filter((jobs) => jobs.size === 2).length).toBeGreaterThan(0);
      await Promise.all(owners.map((owner) => owner.close()));
      for (const tab of tabs.slice(1)) await tab.close();
    } finally {
      for (const program of programs) program.kill("SIGINT");
      await rm(identities, { recursive: true, force: true });
    }
  },
);

long(
  "a member that lies is banned from the pool, and nothing of it is in any video",
  { timeout: 600_000 },
  async () => {
    // Long enough for members to join while there is work.
    const file = realClip("footage480p5min.mp4");
    if (file === null) return;
    const pool = await client.create("Media club");
    const honest = await member(pool, "Ada");
    const options = { name: "Liar", slots: 1, key: null };
    const liar = await PoolTab.open(browser, pool.joinUrl, options, say);
    liar.page.on("worker", (worker) => {
      if (worker.url().includes("transcode.worker")) void worker.evaluate(showBlack);
    });
    await liar.join();
    const owners = await Promise.all([launchBrowser(), launchBrowser()]);
    const videos = await Promise.all(owners.map((owner) => askedVideo(pool, file, owner, "auto")));
    const { memberList } = await overview(pool);
    expect(memberList.find(({ name }) => name === "Liar")?.bannedAtMs).not.toBeNull();
    expect(memberList.find(({ name }) => name === "Ada")?.bannedAtMs).toBeNull();
    let lies = 0;
    for (const { status } of videos) {
      const theirs = status.holders.find(({ name }) => name === "Liar");
      lies += theirs?.tasksDone ?? 0;
      expect(status.segments.filter(({ holder }) => holder === theirs?.id)).toEqual([]);
    }
    expect(lies).toBeGreaterThan(0);
    for (const video of videos) await video[Symbol.asyncDispose]();
    await Promise.all(owners.map((owner) => owner.close()));
    for (const tab of [honest, liar]) await tab.close();
  },
);
