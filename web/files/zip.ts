import { makeZip } from "client-zip";
import type { VideoFiles } from "../../shared/wire/files.ts";
import { fetchObject, type ObjectReader } from "./segment-source.ts";

/** Optional files: the manifest for DASH players, the poster, the storyboard, the chapters. */
const EXTRAS = ["manifest.mpd", "poster.jpg", "storyboard.vtt", "chapters.vtt"];

/** A video as a ZIP of one folder, streamed file by file. Nothing is compressed, since media already is. */
export function zipStream(
  reader: ObjectReader,
  files: VideoFiles,
  title: string,
): ReadableStream<Uint8Array> {
  return makeZip(entries(reader, files, title));
}

async function* entries(reader: ObjectReader, files: VideoFiles, title: string) {
  const entry = (name: string, input: Uint8Array<ArrayBuffer> | string) => ({ name, input });
  // The served playlist, not the stored one: only the served one names the captions.
  const master = await fetchObject(reader, "master.m3u8");
  yield entry("master.m3u8", master);
  yield entry("index.html", pageOf(title));
  for (const path of await captionFiles(reader, new TextDecoder().decode(master))) {
    yield entry(path, await fetchObject(reader, path));
  }
  for (const path of EXTRAS) {
    const bytes = await fetchObject(reader, path).catch(() => null);
    if (bytes === null) continue;
    yield entry(path, bytes);
    if (path !== "storyboard.vtt") continue;
    const named = new TextDecoder().decode(bytes).matchAll(/^(\S+\.jpg)#/gm);
    for (const sheet of new Set([...named].map(([, name = ""]) => name))) {
      yield entry(sheet, await fetchObject(reader, sheet));
    }
  }
  for (const { path } of files.others) {
    if (path !== "master.m3u8") yield entry(path, await fetchObject(reader, path));
  }
  for (const { init, media } of files.tracks) {
    for (const { path } of [init, ...media]) yield entry(path, await fetchObject(reader, path));
  }
}

/** Paths of the caption playlists, and of the files that they name. */
async function captionFiles(reader: ObjectReader, master: string): Promise<string[]> {
  const playlists = [...master.matchAll(/^#EXT-X-MEDIA:TYPE=SUBTITLES.*URI="([^"]+)"/gm)];
  const paths: string[] = [];
  for (const [, playlist = ""] of playlists) {
    const text = new TextDecoder().decode(await fetchObject(reader, playlist));
    const folder = playlist.replace(/[^/]+$/, "");
    const parts = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    paths.push(playlist, ...parts.map((part) => folder + part));
  }
  return [...new Set(paths)];
}

/** A page with a player, for browsers that play HLS natively. */
function pageOf(title: string): string {
  const text = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text}</title>
<style>body { margin: 0; background: #000 } video { width: 100vw; height: 100vh }</style>
</head>
<body><video src="master.m3u8" poster="poster.jpg" controls playsinline></video></body>
</html>
`;
}
