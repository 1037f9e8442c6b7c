import { openAsBlob } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BlobSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  TextSubtitleSource,
} from "mediabunny";
import { expect, test } from "vitest";
import { readCaptions } from "../../edge/captions/read-captions.ts";
import { generatedClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

// WebVTT in MP4, written by mediabunny. Every cue keeps its text, times and settings.

const CUES = `WEBVTT

00:00:00.500 --> 00:00:02.000 line:0 align:start
First, <i>above</i>

00:00:01.000 --> 00:00:03.000
Beside the first

00:00:03.000 --> 00:00:03.400
Two lines
& <b>markup</b>

00:00:03.400 --> 00:00:04.000
Two lines
& <b>markup</b> again
`;

const GERMAN = "WEBVTT\n\n00:00:02.250 --> 00:00:05.125\nFür alle\n";

/** A clip with two WebVTT tracks. */
async function made(fastStart: "in-memory" | "fragmented"): Promise<Uint8Array> {
  const picture = "testsrc2=size=160x96:rate=25:duration=6";
  const x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25"];
  const clip = await generatedClip("for-webvtt.mp4", ["-f", "lavfi", "-i", picture, ...x264]);
  const input = new Input({ source: new BlobSource(await openAsBlob(clip)), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  const decoderConfig = await track?.getDecoderConfig();
  if (track == null || decoderConfig == null) throw new Error("No picture.");
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart }), target });
  const video = new EncodedVideoPacketSource("avc");
  const [english, german] = [new TextSubtitleSource("webvtt"), new TextSubtitleSource("webvtt")];
  output.addVideoTrack(video);
  output.addSubtitleTrack(english, { languageCode: "eng" });
  output.addSubtitleTrack(german, { languageCode: "deu" });
  await output.start();
  await english.add(CUES);
  await german.add(GERMAN);
  english.close();
  german.close();
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await video.add(packet, { decoderConfig });
  }
  await output.finalize();
  input.dispose();
  return new Uint8Array(target.buffer as ArrayBuffer);
}

const asRead = (text: string) => readCaptions(text, "vtt", { offsetMs: 0, endMs: null }).cues;

test.each(["in-memory", "fragmented"] as const)("%s", async (fastStart) => {
  await inFolder(async (folder) => {
    const path = join(folder, "film.mp4");
    await writeFile(path, await made(fastStart));
    const source = await open(path);
    expect(source.facts.notices).toEqual([]);
    expect(source.facts.subtitles).toEqual([
      { codec: "wvtt", language: "en", title: null, isText: true },
      { codec: "wvtt", language: "de", title: null, isText: true },
    ]);
    const tracks = await source.captions(new AbortController().signal);
    source.close();
    expect(tracks.map(({ language, format, track }) => ({ language, format, track }))).toEqual([
      { language: "eng", format: "vtt", track: 1 },
      { language: "deu", format: "vtt", track: 2 },
    ]);
    const byStart = (text: string) => asRead(text).sort((a, b) => a.startMs - b.startMs);
    expect(byStart(tracks[0]?.text ?? "")).toEqual(byStart(CUES));
    expect(asRead(tracks[0]?.text ?? "")).toHaveLength(4);
    expect(byStart(tracks[1]?.text ?? "")).toEqual(byStart(GERMAN));
  });
});

test("what is cut off or says too much is left, and costs nothing else", async () => {
  await inFolder(async (folder) => {
    const bytes = Buffer.from(await made("in-memory"));
    // Sets sample sizes that reach beyond the end of the file.
    for (let at = bytes.indexOf("stsz"); at !== -1; at = bytes.indexOf("stsz", at + 4)) {
      const isText = bytes.readUInt32BE(at + 8) === 0 && bytes.readUInt32BE(at + 12) < 20;
      if (isText) bytes.writeUInt32BE(0x7fff_ffff, at + 16);
    }
    const path = join(folder, "film.mp4");
    await writeFile(path, bytes);
    const source = await open(path);
    const tracks = await source.captions(new AbortController().signal);
    source.close();
    expect(tracks).toHaveLength(2);
    expect((await readFile(path)).length).toBe(bytes.length);
  });
});
