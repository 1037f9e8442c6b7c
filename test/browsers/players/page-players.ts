import { type BrowserTab, waitFor } from "../tab.ts";
import { GREY_SIZE } from "./grey-pictures.ts";
import type { PagePlayer, PageServer } from "./page-server.ts";

/** A player's run through a video in a page, from start to end. Times in seconds. */
export interface PagePlay {
  /** Number of decoded frames. */
  frames: number;
  /** Start of the buffer; -1: nothing is buffered. */
  startSeconds: number;
  /** Time of the first frame shown. */
  firstPictureSeconds: number | null;
  endSeconds: number;
  ended: boolean;
  /** Waits of more than 150 ms, each with its place and length. */
  stalls: { atSeconds: number; ms: number }[];
  errors: string[];
}

export interface PageSeek {
  toSeconds: number;
  /** Media time of the frame that is shown; null where the browser does not report it. */
  pictureSeconds: number | null;
  /** The picture in grey, of `GREY_SIZE`. */
  grey: number[];
}

/** Records that the page keeps in `globalThis.kept`. */
interface Kept {
  events: [name: string, ms: number, atSeconds: number][];
  errors: string[];
  /** Media times of the frames shown, in order. */
  pictures: number[];
  /** Number of frames decoded before playback was at the start of the video. */
  framesBefore: number;
}
type Page = { kept: Kept };

const OPEN_MS = 30_000;
const SEEK_MS = 10_000;

/** Opens a video in a player. @param url of the multivariant playlist, or of the DASH manifest */
export async function openPlayer(
  tab: BrowserTab,
  server: PageServer,
  player: PagePlayer,
  url: string,
  isRunning: boolean,
): Promise<void> {
  await tab.goto(server.addressOf(player));
  await tab.evaluate(startPlayer, { player, url });
  if (player === "VHS" && isRunning) await tab.evaluate(rewind, null);
  await waitFor(tab, () => (document.querySelector("video")?.readyState ?? 0) >= 2, null, OPEN_MS);
}

/** Runs in the page. */
function startPlayer({ player, url }: { player: PagePlayer; url: string }): void {
  const video = document.querySelector("video") as HTMLVideoElement;
  const kept: Kept = { events: [], errors: [], pictures: [], framesBefore: 0 };
  Object.assign(globalThis, { kept });
  const names = ["playing", "canplay", "waiting", "seeking", "seeked", "ended"];
  for (const name of names) {
    video.addEventListener(name, () =>
      kept.events.push([name, performance.now(), video.currentTime]),
    );
  }
  video.addEventListener("error", () => kept.errors.push(`media: ${video.error?.message}`));
  const shown = (_: number, { mediaTime }: { mediaTime: number }) => {
    kept.pictures.push(mediaTime);
    video.requestVideoFrameCallback(shown);
  };
  if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(shown);
  // biome-ignore lint/suspicious/noExplicitAny: whatever player the page has loaded.
  const { Hls, shaka, videojs, dashjs } = globalThis as any;
  const note = (error: unknown) => kept.errors.push(String(error));
  if (player === "hls.js") {
    const hls = new Hls({ startPosition: 0, backBufferLength: 1_000 });
    hls.on(Hls.Events.ERROR, (_: string, { details }: { details: string }) => note(details));
    hls.loadSource(url);
    hls.attachMedia(video);
  } else if (player === "shaka") {
    shaka.polyfill.installAll();
    const it = new shaka.Player();
    it.addEventListener("error", ({ detail }: { detail: { code: number } }) => note(detail.code));
    it.attach(video)
      .then(() => it.load(url, 0))
      .catch((error: { code?: number }) => note(error.code ?? error));
  } else if (player === "VHS") {
    // Video.js wraps the element. `overrideNative`: it plays by its own code even where the browser plays HLS
    // itself.
    const html5 = { vhs: { overrideNative: true }, nativeAudioTracks: false };
    const it = videojs(video, { html5, preload: "auto" });
    it.on("error", () => note(it.error()?.message));
    it.src({ src: url, type: "application/x-mpegURL" });
  } else {
    const it = dashjs.MediaPlayer().create();
    it.on("error", ({ error }: { error: { message?: string } }) => note(error.message));
    it.initialize(video, url, false);
  }
}

/**
 * Runs in the page: brings VHS to the start of an unfinished playlist. VHS loads nothing of one before it plays,
 * and then begins near its end.
 */
async function rewind(): Promise<void> {
  const video = document.querySelector("video") as HTMLVideoElement;
  const { kept } = globalThis as unknown as Page;
  const playing = new Promise((resolve) =>
    video.addEventListener("playing", resolve, { once: true }),
  );
  // biome-ignore lint/suspicious/noExplicitAny: as above; it sets the element's source later.
  (globalThis as any).videojs.getAllPlayers()[0].play();
  await playing;
  video.pause();
  const sought = new Promise((resolve) =>
    video.addEventListener("seeked", resolve, { once: true }),
  );
  video.currentTime = 0;
  await sought;
  kept.framesBefore = video.getVideoPlaybackQuality().totalVideoFrames;
  kept.events = [];
}

/** Plays the opened video to its end, in real time. @param limitSeconds after which it stops waiting */
export async function playThrough(tab: BrowserTab, limitSeconds: number): Promise<PagePlay> {
  const startSeconds = await tab.evaluate(() => {
    const video = document.querySelector("video") as HTMLVideoElement;
    video.play().catch((error) => (globalThis as unknown as Page).kept.errors.push(String(error)));
    return video.buffered.length > 0 ? video.buffered.start(0) : -1;
  }, null);
  const isOver = () => {
    const video = document.querySelector("video") as HTMLVideoElement;
    return video.ended || video.error !== null;
  };
  await waitFor(tab, isOver, null, limitSeconds * 1000).catch(() => {});
  const found = await tab.evaluate(() => {
    const video = document.querySelector("video") as HTMLVideoElement;
    const { events, errors, pictures, framesBefore } = (globalThis as unknown as Page).kept;
    const frames = video.getVideoPlaybackQuality().totalVideoFrames - framesBefore;
    const { currentTime, ended, duration } = video;
    return { events, errors, pictures, frames, currentTime, ended, duration };
  }, null);
  const { events, errors, pictures, frames, ended } = found;
  return {
    ...{ frames, startSeconds, ended, errors },
    firstPictureSeconds: pictures[0] ?? null,
    endSeconds: found.currentTime,
    stalls: stallsOf(events, found.duration),
  };
}

const LEAST_STALL_MS = 150;
/** A wait this near to the end is not a stall: the player does not know yet that nothing follows. */
const END_SECONDS = 0.3;

function stallsOf(events: Kept["events"], durationSeconds: number): PagePlay["stalls"] {
  const stalls: PagePlay["stalls"] = [];
  let hasPlayed = false;
  let waiting: { ms: number; atSeconds: number } | null = null;
  for (const [name, ms, atSeconds] of events) {
    if (name === "waiting" && hasPlayed && atSeconds < durationSeconds - END_SECONDS) {
      waiting ??= { ms, atSeconds };
    }
    if (name !== "playing" && name !== "canplay") continue;
    hasPlayed = true;
    if (waiting !== null && ms - waiting.ms > LEAST_STALL_MS) {
      stalls.push({ atSeconds: waiting.atSeconds, ms: Math.round(ms - waiting.ms) });
    }
    waiting = null;
  }
  return stalls;
}

/** Seeks while paused. @throws Error where a seek does not end */
export async function seekPaused(
  tab: BrowserTab,
  toSeconds: readonly number[],
): Promise<PageSeek[]> {
  const seeks: PageSeek[] = [];
  for (const to of toSeconds) {
    const shown = await tab.evaluate(
      async ({ to, limitMs, width, height }) => {
        const video = document.querySelector("video") as HTMLVideoElement;
        const { kept } = globalThis as unknown as Page;
        video.pause();
        const before = kept.pictures.length;
        const sought = new Promise((resolve, reject) => {
          video.addEventListener("seeked", resolve, { once: true });
          setTimeout(() => reject(new Error(`the seek to ${to} did not end`)), limitMs);
        });
        video.currentTime = to;
        await sought;
        // The frame is reported with the event or after it, and a second one may follow.
        for (let waited = 0; waited < 20 && kept.pictures.length === before; waited += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
        const pictureSeconds =
          kept.pictures.length > before ? (kept.pictures.at(-1) ?? null) : null;
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        const context = canvas.getContext("2d", { willReadFrequently: true });
        if (context === null) throw new Error("no canvas");
        context.imageSmoothingQuality = "high";
        context.drawImage(video, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        const grey = Array.from({ length: width * height }, (_, pixel) => {
          const [red = 0, green = 0, blue = 0] = data.subarray(pixel * 4);
          return Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        });
        return { pictureSeconds, grey };
      },
      { to, limitMs: SEEK_MS, ...GREY_SIZE },
    );
    seeks.push({ toSeconds: to, ...shown });
  }
  return seeks;
}
