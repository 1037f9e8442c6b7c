import { readFile } from "node:fs/promises";
import type { Browser } from "playwright";
import { expect } from "vitest";
import { compareColours } from "../exactness/plane-likeness.ts";
import { readPlaylistFolder } from "../exactness/playlist-folder.ts";
import { discontinuities, initUris, parseMediaPlaylist } from "../playlist/media-playlist.ts";
import { expectExactPictures } from "./exact-video.ts";
import type { MadeVideo } from "./made-video.ts";
import { playToEnd } from "./playback.ts";

/**
 * Expects a video of 500 frames that several engines made to be like one of a single engine: every frame exact, one
 * init segment and no discontinuity in each playlist, the source's colours, and playback by hls.js without a hole.
 */
export async function expectOneStream(
  browser: Browser,
  video: MadeVideo,
  file: string,
): Promise<void> {
  await expectExactPictures(video, { source: file });
  const folder = await readPlaylistFolder(video.dir);
  for (const { path, name } of [...folder.video, ...folder.audio]) {
    const text = await readFile(path, "utf8");
    const playlist = parseMediaPlaylist(text);
    expect(discontinuities(playlist), name).toEqual([]);
    expect(initUris(playlist), name).toHaveLength(1);
    expect(text.match(/#EXT-X-MAP/g), name).toHaveLength(1);
  }
  for (const rendition of video.status.renditions) {
    if (rendition.kind !== "video") continue;
    const { id, width, height } = rendition;
    const path = folder.video.find(({ name }) => name === id)?.path ?? "";
    const { frames, planes } = await compareColours(path, file, { width, height });
    expect(frames, id).toBe(500);
    for (const { plane, madeMean, sourceMean, psnrDb } of planes) {
      expect(Math.abs(madeMean - sourceMean), `${id} ${plane}`).toBeLessThan(1);
      expect(psnrDb, `${id} ${plane}`).toBeGreaterThan(plane === "y" ? 25 : 30);
    }
  }
  const played = await playToEnd(browser, video.job.masterUrl, 240);
  expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 500 });
}
