import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Source } from "../../shared/ingest/read/source.ts";
import { subtitlesLeftOut } from "../../shared/ingest/read/subtitles.ts";
import { tsSubtitles } from "../../shared/ingest/read/ts-streams.ts";
import { ffmpeg } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

const LINES =
  "1\n00:00:00,500 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,600 --> 00:00:02,000\nBye.\n";
const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=2"];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast"];

/** Makes a file with `tracks` subtitle tracks, and opens it. */
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
    // MPEG-4 video, which has to be rewritten first.
    ["film-mpeg4.mkv", 2, ["-c:v", "mpeg4", "-c:s", "srt"], "srt"],
  ])("%s with %d", async (name, count, argv, format) => {
    await made(name, count, [...argv, ...german], async (source) => {
      const { facts } = source;
      expect(facts.notices).toEqual([]);
      expect(facts.subtitles).toHaveLength(count);
      const first = { language: "de", title: "Für alle", isText: true };
      // MP4 tracks have no titles. QuickTime's language numbers are not read, so the language of a .mov is unknown.
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
      // The audio's entry in the program map table: stream type 3, PID 0x101, and its language descriptor.
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

  test("DVB's are named with their kinds and languages", async () => {
    const packet = (pid: number, section: number[]) => {
      const bytes = new Uint8Array(188).fill(0xff);
      bytes.set([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0, ...section]);
      return bytes;
    };
    const letters = (text: string) => [...text].map((each) => each.charCodeAt(0));
    const programmes = [0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0, 0, 0, 0, 0];
    const descriptors = [
      [0x56, 10, ...letters("deu"), 0x11, 0, ...letters("deu"), 0x10, 0x50],
      [0x59, 16, ...letters("fra"), 0x10, 0, 1, 0, 1, ...letters("eng"), 0x10, 0, 1, 0, 1],
    ];
    const streams = descriptors.flatMap((one, at) => [6, 0xe1, at + 1, 0xf0, one.length, ...one]);
    const table = [0, 1, 0xc1, 0, 0, 0xe1, 1, 0xf0, 0, ...streams, 0, 0, 0, 0];
    const map = packet(0x100, [2, 0xb0, table.length, ...table]);
    const nothing = packet(0x1fff, []);
    const stream = new Blob([packet(0, programmes), map, nothing, nothing, nothing]);
    const found = await tsSubtitles(stream);
    expect(found.map(({ codec, language }) => [codec, language])).toEqual([
      ["dvb_teletext", "de"],
      ["dvb_subtitle", "fr"],
      ["dvb_subtitle", "en"],
    ]);
    expect(subtitlesLeftOut(found)).toMatchObject([
      {
        code: "SUBTITLES_LEFT_OUT",
        message: expect.stringContaining("dvb_teletext, de; dvb_subtitle, fr; dvb_subtitle, en"),
      },
    ]);
  });

  test("TTML in MP4 is named with its language", async () => {
    await inFolder(async (folder) => {
      const lines = join(folder, "lines.srt");
      await writeFile(lines, LINES);
      const path = join(folder, "ttml.mp4");
      const maps = ["-map", "0", "-map", "1", ...x264, "-c:s", "ttml"];
      await ffmpeg([...picture, "-i", lines, ...maps, ...german, path]);
      const source = await open(path);
      source.close();
      expect(source.facts.notices).toMatchObject([
        { code: "SUBTITLES_LEFT_OUT", message: expect.stringContaining("stpp, de") },
      ]);
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
