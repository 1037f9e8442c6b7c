import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { root } from "../../../edge/local/server.ts";
import { MASTER_PLAYLIST, PODCAST_PLAYLIST } from "../../../shared/playlist/names.ts";
import { ffmpeg } from "../../setup/media.ts";

const DIR = join(root, ".cache/fixtures/player-hls");

/** Makes HLS with two quality levels and two audio tracks of the sample clip, by native ffmpeg. */
async function makeHls(): Promise<void> {
  if (existsSync(join(DIR, "master.m3u8"))) return;
  const part = `${DIR}.${process.pid}`;
  await mkdir(part, { recursive: true });
  await ffmpeg([
    ...["-i", join(root, "web/public/sample.mp4")],
    ..."-map 0:v -map 0:v -map 0:a -map 0:a".split(" "),
    ..."-c:v libx264 -preset veryfast -g 60 -sc_threshold 0 -c:a aac -b:a 96k".split(" "),
    ..."-s:v:0 854x480 -b:v:0 900k -s:v:1 426x240 -b:v:1 300k".split(" "),
    ..."-f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4".split(" "),
    ...["-hls_fmp4_init_filename", "init-%v.mp4", "-master_pl_name", "master.m3u8"],
    ...["-hls_segment_filename", join(part, "%v-%d.m4s")],
    "-var_stream_map",
    "v:0,agroup:a v:1,agroup:a a:0,agroup:a,language:en,name:English,default:yes a:1,agroup:a,language:pt,name:Portugues",
    join(part, "%v.m3u8"),
  ]);
  await rename(part, DIR);
}

/** Serves the HLS below `address` in one page. */
export async function serveHls(page: Page, address: string): Promise<void> {
  await makeHls();
  await page.route(`${address}**`, async (route) => {
    const asked = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    // A browser's own HLS player gets the podcast playlist (shared/playlist/names.ts).
    const name = asked === PODCAST_PLAYLIST ? MASTER_PLAYLIST : asked;
    const body = await readFile(join(DIR, name)).catch(() => null);
    if (body === null) return route.fulfill({ status: 404, body: "" });
    const headers = { "access-control-allow-origin": "*" };
    const contentType = name.endsWith(".m3u8") ? "application/vnd.apple.mpegurl" : "video/mp4";
    await route.fulfill({ body, contentType, headers });
  });
}
