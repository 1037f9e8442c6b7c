import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, generatedClip, realClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open } from "./cut-and-decode.ts";
import { type Edits, withEdits, withLastSample } from "./edited-boxes.ts";
import { source } from "./fixtures.ts";

/** Files that are no usable video are refused at once, with a code and a readable message. */
describe("refused", () => {
  const cases: [what: string, code: string, words: RegExp, bytes: () => Promise<Uint8Array>][] = [
    ["an empty file", "SOURCE_EMPTY", /empty/, async () => new Uint8Array(0)],
    [
      "text",
      "SOURCE_UNREADABLE",
      /text/,
      async () => Buffer.from("Notes on the edit.\n".repeat(200)),
    ],
    [
      "a web page",
      "SOURCE_UNREADABLE",
      /web page/,
      async () => Buffer.from("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"),
    ],
    ["a picture", "SOURCE_UNREADABLE", /a picture/, async () => Buffer.concat([PNG, noise(4000)])],
    ["noise", "SOURCE_UNREADABLE", /no video/, async () => noise(100_000)],
    ["sound alone", "SOURCE_NO_VIDEO", /only sound/, async () => bytesOf("sound.m4a", SOUND)],
    ["sound alone, Ogg", "SOURCE_NO_VIDEO", /only sound/, async () => bytesOf("sound.ogg", OGG)],
    [
      "an mp4 without its index",
      "SOURCE_TRUNCATED",
      /incomplete.*moov/,
      async () => firstPart(await readFile(await fixture("plain-8s.mp4")), 0.6),
    ],
    [
      "an mp4 cut short behind its index",
      "SOURCE_TRUNCATED",
      /first 6\d %/,
      async () => firstPart(await bytesOf("faststart.mp4", await faststart()), 0.65),
    ],
    [
      "an encrypted mp4",
      "SOURCE_UNSUPPORTED",
      /protected/,
      async () => bytesOf("encrypted.mp4", await encrypted()),
    ],
    [
      "an mp4 that lasts for days by its times",
      "SOURCE_TIMES_WRONG",
      /5\d hours/,
      async () => {
        const file = await readFile(await fixture("plain-8s.mp4"));
        const edits: Edits = [[200_000, 0]];
        return withEdits(withLastSample(file, "vide", 200_000), "vide", edits);
      },
    ],
  ];

  test.each(cases)("%s is %s", async (_, code, words, bytes) => {
    await inFolder(async (folder) => {
      const path = join(folder, "picked.mp4");
      await writeFile(path, await bytes());
      const refusal = expect(open(path)).rejects;
      await refusal.toMatchObject({
        code,
        retryable: false,
        message: expect.stringMatching(words),
      });
    });
  });

  test.each([
    ["zero-byte.mp4", "SOURCE_EMPTY"],
    ["text.mp4", "SOURCE_UNREADABLE"],
    ["page.mp4", "SOURCE_UNREADABLE"],
    ["audio-only.m4a", "SOURCE_NO_VIDEO"],
    ["truncated-nomoov.mp4", "SOURCE_TRUNCATED"],
    ["truncated-faststart.mp4", "SOURCE_TRUNCATED"],
  ])("the real clip %s is %s", async (name, code) => {
    const path = realClip(name);
    if (path === null) return;
    await expect(open(path)).rejects.toMatchObject({ code });
  });
});

describe("used as far as they go, with a warning", () => {
  test.each([
    ["fragmented.mp4", 0.6],
    ["opus.webm", 0.5],
    ["open-gop.mkv", 0.5],
  ] as const)("%s, of which %d is there", async (name, share) => {
    const whole = await readFile(await source(name));
    await inFolder(async (folder) => {
      const path = join(folder, name);
      await writeFile(path, firstPart(whole, share));
      const opened = await open(path);
      expect(opened.facts.warnings).toEqual([
        expect.stringMatching(/incomplete: only the first \d\d %/),
      ]);
      const tasks = await decodeVideoTasks(opened, opened.planJob());
      expect(tasks.map(({ hashes }) => hashes.length)).toEqual(tasks.map(({ planned }) => planned));
      expect(opened.facts.video.frames).toBeGreaterThan(50);
      opened.close();
    });
  });
});

test("opening can be given up at any time", async () => {
  const path = await source("flv.flv");
  const { openSource } = await import("../../shared/ingest/read/source.ts");
  const abort = new AbortController();
  const file = new File([await readFile(path)], "clip.flv");
  const opening = openSource(file, {
    signal: abort.signal,
    loadFfmpeg: () => new Promise(() => {}),
    remux: () => Promise.reject(new Error("not reached")),
  });
  abort.abort(new DOMException("given up", "AbortError"));
  await expect(opening).rejects.toMatchObject({ name: "AbortError" });
});

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const SOUND = ["-f", "lavfi", "-i", "sine=duration=3", "-c:a", "aac"];
const OGG = ["-f", "lavfi", "-i", "sine=duration=3", "-c:a", "libvorbis"];

async function faststart(): Promise<string[]> {
  return ["-i", await fixture("plain-8s.mp4"), "-c", "copy", "-movflags", "+faststart"];
}

async function encrypted(): Promise<string[]> {
  const key = "0123456789abcdef0123456789abcdef";
  return [
    ...["-i", await fixture("plain-8s.mp4"), "-c", "copy", "-encryption_scheme", "cenc-aes-ctr"],
    ...["-encryption_key", key, "-encryption_kid", key],
  ];
}

async function bytesOf(name: string, argv: string[]): Promise<Uint8Array> {
  return readFile(await generatedClip(name, argv));
}

function firstPart(bytes: Uint8Array, share: number): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** The same pseudo-random bytes each time. They are the beginning of no known format. */
function noise(length: number): Uint8Array {
  let state = 12_345;
  return Uint8Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state >> 16;
  });
}
