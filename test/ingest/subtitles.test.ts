import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ffmpeg } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

const LINES =
  "1\n00:00:00,500 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,600 --> 00:00:02,000\nBye.\n";
const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=2"];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast"];

/** What is told of a file with so many tracks of subtitles. */
async function told(name: string, tracks: number, argv: string[]): Promise<string[]> {
  return inFolder(async (folder) => {
    const lines = join(folder, "lines.srt");
    await writeFile(lines, LINES);
    const path = join(folder, name);
    const inputs = Array.from({ length: tracks }, () => ["-i", lines]).flat();
    const maps = Array.from({ length: tracks + 1 }, (_, nth) => ["-map", String(nth)]).flat();
    await ffmpeg([...picture, ...inputs, ...maps, ...argv, path]);
    const opened = await open(path);
    const { notices, warnings } = opened.facts;
    opened.close();
    expect(warnings).toEqual(notices.map(({ message }) => message));
    return notices
      .filter(({ code }) => code === "SUBTITLES_LEFT_OUT")
      .map(({ message }) => message);
  });
}

describe("subtitles are named, since they are left out", () => {
  test.each<[string, number, string[]]>([
    ["film.mp4", 1, [...x264, "-c:s", "mov_text"]],
    ["fragments.mp4", 1, [...x264, "-c:s", "mov_text", "-movflags", "frag_keyframe+empty_moov"]],
    ["film.mov", 2, [...x264, "-c:s", "mov_text"]],
    ["film.mkv", 3, [...x264, "-c:s", "ass"]],
    ["film.webm", 1, ["-c:v", "libvpx", "-deadline", "realtime", "-c:s", "webvtt"]],
    // Of a kind that is rewritten first.
    ["film-mpeg4.mkv", 2, ["-c:v", "mpeg4", "-c:s", "srt"]],
  ])("%s with %d", async (name, tracks, argv) => {
    const [message, ...more] = await told(name, tracks, argv);
    expect(more).toEqual([]);
    expect(message).toMatch(
      tracks === 1 ? /^Its subtitles are left out/ : new RegExp(`^Its ${tracks} tracks`),
    );
  });

  test.each([
    ["Blu-ray's", 0x90, 0x0a],
    ["DVB's", 0x06, 0x59],
    ["teletext", 0x06, 0x56],
  ])("%s in a transport stream", async (_, type, descriptor) => {
    await inFolder(async (folder) => {
      const sound = [
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2",
        "-c:a",
        "mp2",
        "-metadata:s:a:0",
        "language=eng",
      ];
      const path = join(folder, "film.ts");
      await ffmpeg([...picture, ...sound, ...x264, path]);
      const stream = await readFile(path);
      // The table's entry of the sound: type 3, PID 0x101, and a descriptor, which tells its language.
      const entry = Buffer.of(0x03, 0xe1, 0x01, 0xf0, 0x06, 0x0a);
      for (let at = stream.indexOf(entry); at !== -1; at = stream.indexOf(entry, at + 1)) {
        stream[at] = type;
        stream[at + 5] = descriptor;
      }
      await writeFile(path, stream);
      const opened = await open(path);
      opened.close();
      expect(opened.facts.notices.map(({ code }) => code)).toEqual(["SUBTITLES_LEFT_OUT"]);
    });
  });

  test("nothing is said of a file without", async () => {
    for (const name of ["plain.mp4", "plain.mkv", "plain.ts"])
      expect(await told(name, 0, x264)).toEqual([]);
  });

  test("nor of chapters, whose names are a track of text in mp4", async () => {
    await inFolder(async (folder) => {
      const chapters = join(folder, "chapters.txt");
      const entry = (start: number) =>
        `[CHAPTER]\nTIMEBASE=1/1\nSTART=${start}\nEND=${start + 1}\ntitle=Part\n`;
      await writeFile(chapters, `;FFMETADATA1\n${entry(0)}${entry(1)}`);
      const path = join(folder, "chapters.mp4");
      await ffmpeg([...picture, "-i", chapters, "-map_metadata", "1", ...x264, path]);
      const opened = await open(path);
      opened.close();
      expect(opened.facts.warnings).toEqual([]);
    });
  });
});
