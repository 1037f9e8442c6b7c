import { join } from "node:path";
import type Hls from "hls.js";
import type { Browser } from "playwright";
import { root } from "../../edge/local/server.ts";

/** Playback of a video by hls.js and the browser's decoder. */
export interface Played {
  ended: boolean;
  /** All errors that hls.js reported, fatal or not. */
  errors: string[];
  /** Number of buffered ranges at the end, with nothing evicted. 1: there is no hole. */
  bufferedRanges: number;
  bufferedSeconds: number;
  durationSeconds: number;
  /** Number of decoded frames, with those that were not shown. */
  frames: number;
}

/** Playback rate. At a higher one the decoder might be too slow, and skip frames. */
const PLAYBACK_RATE = 2;

/**
 * Plays one rendition from its start to its end with hls.js in a page of the app's origin.
 * @param height of the rendition
 */
export async function playToEnd(
  browser: Browser,
  masterUrl: string,
  height: number,
): Promise<Played> {
  const page = await browser.newPage();
  try {
    const blank = new URL("/blank-for-playing", masterUrl).href;
    await page.route(blank, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><video muted></video>" }),
    );
    await page.goto(blank);
    await page.addScriptTag({ path: join(root, "node_modules/hls.js/dist/hls.js") });
    return await page.evaluate(play, { masterUrl, height, rate: PLAYBACK_RATE });
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
function play(given: { masterUrl: string; height: number; rate: number }): Promise<Played> {
  const HlsClass = (globalThis as unknown as { Hls: typeof Hls }).Hls;
  const video = document.querySelector("video") as HTMLVideoElement;
  const errors: string[] = [];
  const hls = new HlsClass({
    maxBufferLength: 600,
    maxMaxBufferLength: 600,
    backBufferLength: Number.POSITIVE_INFINITY,
    startPosition: 0,
  });
  return new Promise((resolve) => {
    const finish = () => {
      const { buffered } = video;
      let bufferedSeconds = 0;
      for (let at = 0; at < buffered.length; at += 1) {
        bufferedSeconds += buffered.end(at) - buffered.start(at);
      }
      resolve({
        ended: video.ended,
        errors,
        bufferedRanges: buffered.length,
        bufferedSeconds,
        durationSeconds: video.duration,
        frames: video.getVideoPlaybackQuality().totalVideoFrames,
      });
      hls.destroy();
    };
    hls.on(HlsClass.Events.ERROR, (_event, data) => {
      errors.push(`${data.details}: ${data.error?.message ?? ""}`);
      if (data.fatal) finish();
    });
    hls.on(HlsClass.Events.MANIFEST_PARSED, () => {
      const level = hls.levels.findIndex((each) => each.height === given.height);
      if (level === -1) {
        errors.push(`no level of height ${given.height}`);
        finish();
        return;
      }
      hls.startLevel = level;
      hls.currentLevel = level;
      video.playbackRate = given.rate;
      video.play().catch((error: unknown) => {
        errors.push(String(error));
        finish();
      });
    });
    video.addEventListener("ended", finish, { once: true });
    hls.loadSource(given.masterUrl);
    hls.attachMedia(video);
  });
}
