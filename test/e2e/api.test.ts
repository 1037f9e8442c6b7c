import { createHmac } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import type Hls from "hls.js";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { webhookEventSchema, webhookStatusSchema } from "../../shared/wire/api.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { ffprobe, fixture } from "../setup/media.ts";
import { playToEnd } from "./playback.ts";
import { fileOf, untilEnd } from "./whole-job.ts";

// The API as another program uses it, without tabs and without sockets.

const serverUrl = inject("serverUrl");
const client = new EdgeClient(serverUrl);
const LADDER = [
  { shortSide: 240, kilobitsPerSecond: 300 },
  { shortSide: 144, kilobitsPerSecond: 140 },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("the document is valid OpenAPI by somebody else's validator", async () => {
  const document = await (await fetch(`${serverUrl}/api/openapi.json`)).json();
  const { valid, errors } = await new Validator().validate(document);
  expect(errors ?? null).toBeNull();
  expect(valid).toBe(true);
});

describe("a whole video by API", () => {
  let source: string;
  beforeAll(async () => {
    source = await fixture("long-gop-20s.mp4");
  });

  test("uploaded in parts, made by servers, told by events and webhook, downloaded, deleted", async () => {
    const secret = "a secret of sixteen";
    const hook = await listenForWebhooks();
    const upload = await client.upload(await fileOf(source));
    const job = await client.createWholeJob({
      source: { upload },
      ladder: LADDER,
      audio: { kilobitsPerSecond: 192 },
      trim: { startSeconds: 2.01, endSeconds: 18 },
      visibility: "listed",
      webhook: { url: hook.url, secret },
    });
    const events = await (await fetch(`${serverUrl}/api/jobs/${job.jobId}/events`)).text();
    expect(events).toMatch(/^event: job\ndata: \{/);
    expect(events).toContain('"state":"ready"');
    const status = await untilEnd(client, job);
    expect(status).toMatchObject({ state: "ready", error: null });
    expect(new Set(status.segments.map(({ role }) => role))).toEqual(new Set(["server"]));
    expect(status.renditions.at(-1)).toMatchObject({ id: "a0", bitsPerSecond: 192_000 });
    const trim = { startTicks: 183_600, endTicks: 1_620_000, sourceDurationTicks: 1_800_000 };
    expect(status.source?.trim).toEqual(trim);
    // Short enough for one task.
    expect(status.tasks.filter(({ kind }) => kind === "video")).toHaveLength(1);

    const played = await playToEnd(browser, job.masterUrl, 240);
    expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 399 });

    await checkOtherOrigin(job.masterUrl);

    const delivery = await hook.next();
    const [, seconds, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(delivery.signature) ?? [];
    const expected = createHmac("sha256", secret).update(`${seconds}.${delivery.body}`);
    expect(given).toBe(expected.digest("hex"));
    const event = webhookEventSchema.parse(JSON.parse(delivery.body));
    expect(event).toMatchObject({ type: "job.ready", jobId: job.jobId, masterUrl: job.masterUrl });
    // The first delivery was answered with 503, so it is repeated.
    await hook.next();
    const owner = { headers: { authorization: `Bearer ${job.ownerToken}` } };
    let hooked = webhookStatusSchema.parse(
      await (await fetch(`${serverUrl}/api/jobs/${job.jobId}/webhook`, owner)).json(),
    );
    for (let looks = 0; hooked.deliveredAtMs === null && looks < 20; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      hooked = webhookStatusSchema.parse(
        await (await fetch(`${serverUrl}/api/jobs/${job.jobId}/webhook`, owner)).json(),
      );
    }
    expect(hooked.attempts.map(({ status: code }) => code)).toEqual([503, 200]);
    hook.close();

    await checkMp4(job.jobId, job.ownerToken);
    // No tab has made the video, so a server makes its pictures, too.
    const pictured = () => client.video(job.jobId);
    await expect
      .poll(async () => (await pictured()).storyboardPath, { timeout: 30_000 })
      .toBeTruthy();
    const { poster } = await pictured();
    // As wide as the 240p rendition of a video of 854 by 480: 427, rounded up to an even number.
    expect(poster).toMatchObject({ source: "automatic", width: 428, height: 240 });
    for (const path of [poster?.path ?? "", (await pictured()).storyboardPath ?? ""]) {
      expect((await fetch(new URL(path, serverUrl))).status).toBe(200);
    }
    await checkDeletion(job.jobId, job.ownerToken, job.masterUrl);
  });

  /** A page of another site plays the video with hls.js. CORS allows playlists, init segments and media segments. */
  async function checkOtherOrigin(masterUrl: string): Promise<void> {
    const site = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!doctype html><video muted></video>");
    });
    await new Promise<void>((resolve) => site.listen(0, "localhost", resolve));
    const address = site.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const page = await browser.newPage();
    try {
      await page.goto(`http://localhost:${port}/`);
      expect(new URL(page.url()).origin).not.toBe(new URL(masterUrl).origin);
      await page.addScriptTag({ path: join(root, "node_modules/hls.js/dist/hls.js") });
      const played = await page.evaluate(async (url) => {
        const HlsClass = (globalThis as unknown as { Hls: typeof Hls }).Hls;
        const video = document.querySelector("video") as HTMLVideoElement;
        const errors: string[] = [];
        const hls = new HlsClass();
        hls.on(HlsClass.Events.ERROR, (_event, data) => errors.push(data.details));
        hls.loadSource(url);
        hls.attachMedia(video);
        await new Promise<void>((resolve) => {
          video.addEventListener("timeupdate", () => video.currentTime > 1 && resolve());
          setTimeout(resolve, 20_000);
          void video.play();
        });
        return { errors, atSeconds: video.currentTime };
      }, masterUrl);
      expect(played.errors).toEqual([]);
      expect(played.atSeconds).toBeGreaterThan(1);
    } finally {
      await page.close();
      site.close();
    }
  }

  async function checkMp4(jobId: string, ownerToken: string): Promise<void> {
    await expect(client.makeMp4(jobId, "another-token")).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    let mp4 = await client.makeMp4(jobId, ownerToken);
    for (let looks = 0; mp4.state !== "ready" && looks < 60; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      mp4 = await client.mp4Status(jobId);
    }
    const response = await fetch(mp4.url ?? "");
    const disposition = response.headers.get("content-disposition");
    expect(disposition).toContain('attachment; filename="long-gop-20s.mp4"');
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(mp4.sizeBytes);
    // Fast start: the moov box comes before the media.
    const text = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
    expect(text.indexOf("moov")).toBeGreaterThan(0);
    const path = join(tmpdir(), `tributary-${jobId}.mp4`);
    await writeFile(path, bytes);
    const times = (await sourceFrameTimes(source)).filter((at) => at >= 2.01 && at < 18);
    const decoded = await decodedFrameTimes(path);
    expect(decoded).toHaveLength(times.length);
    expect(worstTimeError(decoded, times)).toBeLessThan(0.00002);
    const probed = (await ffprobe([
      ...["-select_streams", "a", "-show_entries", "stream=start_time,duration", path],
    ])) as { streams: { start_time: string; duration: string }[] };
    expect(Number(probed.streams[0]?.start_time)).toBeCloseTo(0, 3);
    expect(Number(probed.streams[0]?.duration)).toBeCloseTo(15.96, 1);
  }

  async function checkDeletion(id: string, ownerToken: string, masterUrl: string): Promise<void> {
    const listed = await client.listVideos(null);
    expect(listed.videos.map((video) => video.id)).toContain(id);
    const master = await (await fetch(masterUrl)).text();
    const variant = master.split("\n").find((line) => /^v.*m3u8$/.test(line)) ?? "";
    const mediaUrl = new URL(variant, masterUrl);
    const media = (await (await fetch(mediaUrl)).text())
      .split("\n")
      .find((line) => /m4s$/.test(line));
    const segmentUrl = new URL(media ?? "", mediaUrl);
    expect((await fetch(segmentUrl, { method: "HEAD" })).status).toBe(200);
    await expect(client.deleteVideo(id, "another-token")).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    await client.deleteVideo(id, ownerToken);
    expect((await fetch(segmentUrl, { method: "HEAD" })).status).toBe(404);
    expect((await client.listVideos(null)).videos.map((video) => video.id)).not.toContain(id);
  }

  test("a file that is no video fails with a code, and the webhook of a job is nobody else's", async () => {
    const upload = await client.upload(new File(["no video at all, just words"], "words.mp4"));
    const job = await client.createWholeJob({ source: { upload } });
    const status = await untilEnd(client, job);
    expect(status.state).toBe("failed");
    expect(status.error?.code).toMatch(/^SOURCE_/);
    const stranger = { headers: { authorization: "Bearer somebody" } };
    const webhook = await fetch(`${serverUrl}/api/jobs/${job.jobId}/webhook`, stranger);
    expect(webhook.status).toBe(404);
  });

  test("an upload that is not complete makes no job", async () => {
    const { size } = await stat(source);
    const created = (await (
      await fetch(`${serverUrl}/api/uploads`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "x.mp4", sizeBytes: size }),
      })
    ).json()) as { upload: string };
    const creating = client.createWholeJob({ source: { upload: created.upload } });
    await expect(creating).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });
});

test("ten jobs at once by API: all ready, none failed", async () => {
  const path = await fixture("plain-8s.mp4");
  const file = await fileOf(path);
  const startedMs = performance.now();
  const jobs = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const upload = await patiently(() => client.upload(file));
      return patiently(() =>
        client.createWholeJob({ source: { upload }, ladder: LADDER.slice(1) }),
      );
    }),
  );
  const ended = await Promise.all(jobs.map((job) => untilEnd(client, job)));
  expect(ended.map(({ state }) => state)).toEqual(Array(10).fill("ready"));
  const attempts = ended.flatMap(({ tasks }) => tasks.map((task) => task.attempts));
  expect(Math.max(...attempts)).toBe(0);
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`ten jobs of 8 s at once: ${seconds.toFixed(1)} s`);
});

/** Waits as long as the rate limit asks for, then repeats the call. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      const code = (thrown as { code?: string }).code;
      if (code !== "RATE_LIMITED") throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
  }
}

interface Delivery {
  signature: string;
  body: string;
}

/** A server for webhooks. It answers the first delivery with 503. */
async function listenForWebhooks() {
  const deliveries: Delivery[] = [];
  const waiting: ((delivery: Delivery) => void)[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 200).end();
      const delivery = { signature: String(request.headers["tributary-signature"]), body };
      const next = waiting.shift();
      if (next === undefined) deliveries.push(delivery);
      else next(delivery);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    next: (): Promise<Delivery> => {
      const here = deliveries.shift();
      if (here !== undefined) return Promise.resolve(here);
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: () => server.close(),
  };
}
