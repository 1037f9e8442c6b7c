import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import {
  BufferSource,
  CustomPathedSource,
  EncodedPacketSink,
  HLS_FORMATS,
  Input,
} from "mediabunny";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PlaylistInput, renderDash, renderMultivariant } from "../../shared/playlist/index.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { readPlaylistFolder } from "../exactness/playlist-folder.ts";
import { readSamples } from "../exactness/samples.ts";
import { ffmpeg, ffprobe, fixture } from "../setup/media.ts";
import { nativeJob, writePlaylists } from "./native-segments.ts";
import { audioRendition, segmentsOf, videoRendition } from "./sample-job.ts";

let job: { input: PlaylistInput; dir: string };
let source: string;
let masterPath: string;

beforeAll(async () => {
  source = await fixture("long-gop-20s.mp4");
  job = await nativeJob(source, {
    video: [videoRendition(1), videoRendition(3)],
    audio: [audioRendition(0, 48_000)],
    segments: segmentsOf([25, 3600], [6, 6, 6, 2]),
  });
  masterPath = await writePlaylists(job.input, job.dir);
}, 120_000);

afterAll(() => rm(job.dir, { recursive: true, force: true }));

test("mediabunny's HLS reader finds all renditions, every packet, and the I-frames", async () => {
  const folder = new CustomPathedSource(masterPath, async ({ path }) => {
    return new BufferSource(await readFile(path));
  });
  const input = new Input({ formats: HLS_FORMATS, source: folder });
  expect(await input.getAudioTracks()).toHaveLength(1);
  const counts: { iFrames: boolean; packets: number }[] = [];
  for (const track of await input.getVideoTracks()) {
    let packets = 0;
    for await (const packet of new EncodedPacketSink(track).packets()) {
      packets += packet.data.length > 0 ? 1 : 0;
    }
    counts.push({ iFrames: await track.hasOnlyKeyPackets(), packets });
  }
  input.dispose();
  counts.sort((a, b) => a.packets - b.packets);
  // 20 s with 25 frames per second and a key frame every 2 s.
  expect(counts).toEqual([
    { iFrames: true, packets: 10 },
    { iFrames: true, packets: 10 },
    { iFrames: false, packets: 500 },
    { iFrames: false, packets: 500 },
  ]);
});

test("native ffmpeg decodes every frame at its time through each playlist", async () => {
  const expected = await sourceFrameTimes(source);
  const { video } = await readPlaylistFolder(job.dir);
  expect(video.map(({ height }) => height).sort()).toEqual([144, 360]);
  for (const { path } of video) {
    expect(worstTimeError(await decodedFrameTimes(path), expected)).toBeLessThan(0.001);
  }
});

test("EXTINFs say how long the segments' samples last", async () => {
  const { video, audio } = await readPlaylistFolder(job.dir);
  for (const playlist of [...video, ...audio]) {
    const { segmentStartsSeconds, endSeconds } = await readSamples(playlist);
    playlist.durations.forEach((duration, index) => {
      const end = segmentStartsSeconds[index + 1] ?? endSeconds;
      expect(duration).toBeCloseTo(end - (segmentStartsSeconds[index] ?? Number.NaN), 5);
    });
  }
});

test("native ffmpeg plays all frames and all sound of the podcast playlist, and its audio alone", async () => {
  const path = join(job.dir, "podcast.m3u8");
  await writeFile(path, renderMultivariant(job.input, true));
  const expected = await sourceFrameTimes(source);
  expect(worstTimeError(await decodedFrameTimes(path), expected)).toBeLessThan(0.001);
  const { programs } = (await ffprobe([
    ...["-show_entries", "program=program_id:program_stream=codec_type", path],
  ])) as { programs: { streams: { codec_type: string }[] }[] };
  const kinds = programs.map(({ streams }) => [...new Set(streams.map((each) => each.codec_type))]);
  expect(kinds.map((each) => each.sort().join())).toEqual(["audio,video", "audio,video", "audio"]);
});

test("native ffmpeg reads the DASH manifest: all renditions, each frame at its time, sound to the end", async () => {
  const path = join(job.dir, "manifest.mpd");
  await writeFile(path, renderDash(job.input));
  const { streams } = (await ffprobe([
    ...["-show_entries", "stream=codec_type,width,height,channels,bit_rate:stream_tags", path],
  ])) as { streams: { codec_type: string; height?: number; channels?: number }[] };
  const video = streams.filter(({ codec_type }) => codec_type === "video");
  expect(video.map(({ height }) => height).sort()).toEqual([144, 360]);
  expect(streams.filter(({ codec_type }) => codec_type === "audio")).toMatchObject([
    { channels: 2 },
  ]);
  const expected = await sourceFrameTimes(source);
  expect(worstTimeError(await decodedFrameTimes(path), expected)).toBeLessThan(0.001);
});

test("native ffmpeg reads its captions, too, from a web server", async () => {
  await mkdir(join(job.dir, TRACK.id), { recursive: true });
  const cue = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n";
  await writeFile(join(job.dir, TRACK.id, "captions.vtt"), cue);
  const manifest = renderDash(job.input, [TRACK]);
  const server = createServer(async ({ url = "" }, response) => {
    if (url === "/manifest.mpd") return response.end(manifest);
    const file = await readFile(join(job.dir, url)).catch(() => null);
    return response.writeHead(file === null ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const url = `http://127.0.0.1:${port}/manifest.mpd`;
    const srt = await ffmpeg(["-i", url, ..."-map 0:s:m:language:de -f srt -".split(" ")]);
    expect(srt.toString().trim()).toBe("1\n00:00:01,000 --> 00:00:02,500\nHello");
    const expected = await sourceFrameTimes(source);
    expect(worstTimeError(await decodedFrameTimes(url), expected)).toBeLessThan(0.001);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

const TRACK = {
  id: "s0000000a",
  language: "de",
  name: "German",
  isDefault: false,
  isForced: false,
};

test("captions stand in a DASH manifest by language, name and role, beside its own folder or in another", () => {
  const tracks = [
    { ...TRACK, isDefault: true },
    { ...TRACK, id: "s0000000b", isForced: true },
  ];
  const { Period: period } = new XMLParser({ ignoreAttributes: false }).parse(
    renderDash(job.input, tracks, "../another/"),
  ).MPD;
  expect(period.BaseURL).toMatch(/^(\.\/)+\.\.\/another\/$/);
  const texts = period.AdaptationSet.filter((set: Record<string, string>) => {
    return set["@_contentType"] === "text";
  });
  const role = (value: string) => {
    return { "@_schemeIdUri": "urn:mpeg:dash:role:2011", "@_value": value };
  };
  expect(texts).toEqual([
    {
      ...{ "@_contentType": "text", "@_mimeType": "text/vtt", "@_lang": "de", Label: "German" },
      Role: [role("main"), role("subtitle")],
      Representation: {
        ...{ "@_id": "s0000000a", "@_bandwidth": "1000" },
        BaseURL: "s0000000a/captions.vtt",
      },
    },
    {
      ...{ "@_contentType": "text", "@_mimeType": "text/vtt", "@_lang": "de" },
      Label: "German (2)",
      Role: role("forced-subtitle"),
      Representation: {
        ...{ "@_id": "s0000000b", "@_bandwidth": "1000" },
        BaseURL: "s0000000b/captions.vtt",
      },
    },
  ]);
});

test("a DASH manifest is of a whole video with one init segment a rendition, and its text is escaped", () => {
  const { input } = job;
  const unfinished = { ...input, ended: false };
  expect(() => renderDash(unfinished)).toThrow("not finished");
  const accepted = input.accepted.map((each, index) => {
    return index === 0 ? { ...each, initKey: `${each.initKey}-other` } : each;
  });
  expect(() => renderDash({ ...input, accepted })).toThrow("several init segments");
  const audio = input.audio.map((each) => ({ ...each, name: `Tom & "Jerry" <live>\u0000` }));
  expect(renderDash({ ...input, audio })).toContain(
    "<Label>Tom &amp; &quot;Jerry&quot; &lt;live&gt;</Label>",
  );
});
