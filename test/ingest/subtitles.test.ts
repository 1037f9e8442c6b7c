import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Source } from "../../shared/ingest/read/source.ts";
import { ffmpeg } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

const LINES =
  "1\n00:00:00,500 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,600 --> 00:00:02,000\nBye.\n";
const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=2"];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast"];

/** Makes a file with so many tracks of subtitles, and opens it. */
async function made<T>(
  name: string,
  tracks: number,
  argv: string[],
  look: (source: Source) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const lines = join(folder, "lines.srt");
    await writeFile(lines, LINES);
    const path = join(folder, name);
    const inputs = Array.from({ length: tracks }, () => ["-i", lines]).flat();
    const maps = Array.from({ length: tracks + 1 }, (_, nth) => ["-map", String(nth)]).flat();
    await ffmpeg([...picture, ...inputs, ...maps, ...argv, path]);
    const opened = await open(path);
    try {
      return await look(opened);
    } finally {
      opened.close();
    }
  });
}

const signal = new AbortController().signal;
const german = ["-metadata:s:s:0", "language=ger", "-metadata:s:s:0", "title=Für alle"];

describe("texts are found, and read", () => {
  test.each<[string, number, string[], string]>([
    ["film.mp4", 1, [...x264, "-c:s", "mov_text"], "srt"],
    [
      "fragments.mp4",
      1,
      [...x264, "-c:s", "mov_text", "-movflags", "frag_keyframe+empty_moov"],
      "srt",
    ],
    ["film.mov", 2, [...x264, "-c:s", "mov_text"], "srt"],
    ["film.mkv", 3, [...x264, "-c:s", "ass"], "ass"],
    ["film-srt.mkv", 2, [...x264, "-c:s", "srt"], "srt"],
    ["film.webm", 1, ["-c:v", "libvpx", "-deadline", "realtime", "-c:s", "webvtt"], "vtt"],
    // Of a kind that is rewritten first.
    ["film-mpeg4.mkv", 2, ["-c:v", "mpeg4", "-c:s", "srt"], "srt"],
  ])("%s with %d", async (name, count, argv, format) => {
    await made(name, count, [...argv, ...german], async (source) => {
      const { facts } = source;
      expect(facts.notices).toEqual([]);
      expect(facts.subtitles).toHaveLength(count);
      const first = { language: "de", title: "Für alle", isText: true };
      // MP4 has no names; QuickTime's numbers of languages are left to ffmpeg.
      const inMp4 = { ...first, language: name.endsWith("mov") ? "und" : "de", title: null };
      expect(facts.subtitles?.[0]).toMatchObject(/mkv|webm/.test(name) ? first : inMp4);
      const tracks = await source.captions(signal);
      expect(tracks.map((track) => track.format)).toEqual(tracks.map(() => format));
      expect(tracks).toHaveLength(count);
      for (const { text } of tracks) {
        expect(text).toContain("Hello there.");
        expect(text).toMatch(/0:01[.,]60/);
        expect(text).toContain("Bye.");
      }
      expect(tracks[0]).toMatchObject({ language: "ger", isForced: false });
    });
  });
});

describe("what is no text is named, since it is left out", () => {
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
    for (const name of ["plain.mp4", "plain.mkv", "plain.ts"]) {
      await made(name, 0, x264, async (source) => {
        expect(source.facts.notices).toEqual([]);
        expect(await source.captions(signal)).toEqual([]);
      });
    }
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
