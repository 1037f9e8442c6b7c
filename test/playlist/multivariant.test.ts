import fc from "fast-check";
import { M3U8Parser } from "hls.js";
import { expect, test } from "vitest";
import { runLengthDurations, type Segment, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { type PlaylistInput, renderMultivariant } from "../../shared/playlist/index.ts";
import {
  acceptedAudio,
  acceptedVideo,
  audioRendition,
  type SampleJob,
  sampleJobs,
  segmentsOf,
  videoRendition,
} from "./sample-job.ts";

const BASE = "https://tributary.test/v/job/master.m3u8";

function parse(text: string) {
  const parsed = M3U8Parser.parseMasterPlaylist(text, BASE);
  expect(parsed.playlistParsingError).toBeNull();
  const { AUDIO = [] } = M3U8Parser.parseMasterPlaylistMedia(text, BASE, parsed);
  return { ...parsed, audio: AUDIO };
}

function job(options: { video: number[]; bytesPerSecond: number[] }): SampleJob {
  const plan = {
    video: options.video.map(videoRendition),
    audio: [audioRendition(0, 48_000), audioRendition(1, 44_100)],
    segments: segmentsOf([24, 3750], [6, 6, 6, 6]),
  };
  const all = plan.segments.flatMap((segment) => [
    ...plan.video.map((each, index) =>
      acceptedVideo(each, segment, "ffmpeg-wasm", options.bytesPerSecond[index] ?? 10_000),
    ),
    ...plan.audio.map((each) => acceptedAudio(each, segment)),
  ]);
  return { plan, all };
}

const whole = ({ plan, all }: SampleJob): PlaylistInput => ({
  ...plan,
  accepted: all,
  ended: true,
});

test("hls.js finds every variant with its address, picture, codecs and rate", () => {
  const sample = job({ video: [0, 1, 2], bytesPerSecond: [175_000, 100_000, 50_000] });
  const { levels, audio } = parse(renderMultivariant(whole(sample)));
  expect(levels.map(({ url }) => url)).toEqual(
    ["v480", "v360", "v240"].map((id) => `https://tributary.test/v/job/${id}/playlist.m3u8`),
  );
  for (const level of levels) {
    expect(level).toMatchObject({ videoCodec: "avc1.64001f", audioCodec: "mp4a.40.2" });
    expect(level.attrs).toMatchObject({ AUDIO: "audio", "FRAME-RATE": "24.000" });
    const { width, height } = sample.plan.video.find(({ id }) => level.url.includes(id)) ?? {};
    expect(level).toMatchObject({ width, height });
  }
  expect(
    audio.map(({ name, lang, default: isDefault, autoselect, attrs }) => [
      name,
      lang,
      isDefault,
      autoselect,
      attrs["CHANNELS"],
    ]),
  ).toEqual([
    ["English", "en", true, true, "2"],
    ["Deutsch", "de", false, true, "2"],
  ]);
});

test("players begin with the variant nearest to 2,000 kbit/s", () => {
  const sample = job({ video: [0, 1, 2], bytesPerSecond: [900_000, 260_000, 50_000] });
  const { levels } = parse(renderMultivariant(whole(sample)));
  expect(levels.map(({ height }) => height)).toEqual([360, 480, 240]);
});

test("planned rates stand until there are measured ones, and bound them until the end", () => {
  const sample = job({ video: [0], bytesPerSecond: [50_000] });
  const bandwidth = (accepted: SampleJob["all"], ended: boolean) => {
    const [level] = parse(renderMultivariant({ ...sample.plan, accepted, ended })).levels;
    return [level?.bitrate, Number(level?.attrs["AVERAGE-BANDWIDTH"])];
  };
  // The bound allows for encoders that exceed the video rate, and for the boxes around audio.
  const bound = 1.5 * 1_400_000 + 1.05 * 128_000;
  expect(bandwidth([], false)).toEqual([bound, 1_528_000]);
  const some = sample.all.filter(({ segment }) => segment < 2);
  expect(bandwidth(some, false)[0]).toBe(bound);
  const [peak = 0, average = 0] = bandwidth(sample.all, true);
  // Video has 50,000 bytes per second (and 1,000 per segment), audio 15,000.
  expect(average).toBeGreaterThan(8 * 65_000);
  expect(average).toBeLessThan(8 * 65_500);
  expect(peak).toBeGreaterThanOrEqual(average);
  expect(peak).toBeLessThan(8 * 65_500);
});

test.each([
  ["24.000", 24],
  ["23.976", 24_000 / 1001],
  ["29.970", 30_000 / 1001],
  ["17.430", 17.43],
])("FRAME-RATE is %s for %d frames a second with times in whole milliseconds", (text, rate) => {
  const at = (frame: number) => Math.round((frame * 1000) / rate) * (TICKS_PER_SECOND / 1000);
  const frames = Math.round(rate * 2);
  const segments = [0, 1, 2, 3].map((index): Segment => {
    const from = index * frames;
    const each = Array.from({ length: frames }, (_, i) => at(from + i + 1) - at(from + i));
    return { index, startTicks: at(from), durations: runLengthDurations(each) };
  });
  const sample = job({ video: [0], bytesPerSecond: [50_000] });
  const input = { ...sample.plan, segments, accepted: [], ended: false };
  expect(renderMultivariant(input)).toContain(`FRAME-RATE=${text}`);
});

test("two audio tracks of one name get two names; quotes and line breaks do not break out", () => {
  const sample = job({ video: [0], bytesPerSecond: [50_000] });
  const audio = sample.plan.audio.map((each) => ({ ...each, name: 'Dub "A"\n#EXT-X-ENDLIST' }));
  const text = renderMultivariant({ ...whole(sample), audio });
  expect(text).not.toMatch(/^#EXT-X-ENDLIST/m);
  const names = parse(text).audio.map(({ name }) => name);
  expect(names[0]).toBe("Dub ’A’ #EXT-X-ENDLIST");
  expect(new Set(names).size).toBe(2);
});

test("without sound no variant names an audio group or codec", () => {
  const sample = job({ video: [0, 2], bytesPerSecond: [50_000, 20_000] });
  const text = renderMultivariant({ ...whole(sample), audio: [] });
  expect(text).not.toContain("mp4a");
  expect(text).not.toContain("AUDIO=");
  expect(parse(text).audio).toEqual([]);
});

test("the podcast playlist ends with a variant of the audio alone", () => {
  const sample = job({ video: [0, 2], bytesPerSecond: [50_000, 20_000] });
  const usual = renderMultivariant(whole(sample));
  const text = renderMultivariant(whole(sample), true);
  const own = text.split("\n").filter((line) => !usual.split("\n").includes(line));
  const rate = Math.ceil(8 * 15_000);
  expect(own).toEqual([
    expect.stringMatching(
      /^#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="mp4a.40.2",AUDIO="audio",CLOSED-CAPTIONS=NONE$/,
    ),
    "a0/playlist.m3u8",
  ]);
  const levels = parse(text).levels;
  expect(levels.map(({ url }) => url.slice("https://tributary.test/v/job/".length))).toEqual([
    ...["v480", "v240", "a0"].map((id) => `${id}/playlist.m3u8`),
  ]);
  const [last] = levels.slice(-1);
  expect([last?.audioCodec, last?.videoCodec, last?.width]).toEqual([
    "mp4a.40.2",
    undefined,
    undefined,
  ]);
  expect(last?.bitrate).toBeGreaterThan(0.95 * rate);
  expect(last?.bitrate).toBeLessThan(1.1 * rate);
});

test("5.1 is a group of its own with variants of its own, after those in stereo", () => {
  const sample = job({ video: [0, 2], bytesPerSecond: [50_000, 20_000] });
  const [english, german] = sample.plan.audio;
  if (english === undefined || german === undefined) throw new Error("Two are needed.");
  const surround = { ...german, id: "a1s", channels: 6, isDefault: false };
  const all = [
    ...sample.all,
    ...sample.plan.segments.map((segment) => acceptedAudio(surround, segment)),
  ];
  const audio = [english, german, surround];
  const text = renderMultivariant({ ...whole({ ...sample, all }), audio }, true);
  const parsed = parse(text);
  expect(
    parsed.audio.map(({ groupId, name, url, attrs }) => [
      ...[groupId, name, url?.replace(/.*job\//, ""), attrs["CHANNELS"], attrs["DEFAULT"]],
    ]),
  ).toEqual([
    ["audio", "English", "a0/playlist.m3u8", "2", "YES"],
    ["audio", "Deutsch", "a1/playlist.m3u8", "2", "NO"],
    ["surround", "English", "a0/playlist.m3u8", "2", "YES"],
    ["surround", "Deutsch", "a1s/playlist.m3u8", "6", "NO"],
  ]);
  expect(
    parsed.levels.map(({ url, attrs }) => [url.replace(/.*job\//, ""), attrs["AUDIO"]]),
  ).toEqual([
    ...["v480", "v240"].map((id) => [`${id}/playlist.m3u8`, "audio"]),
    ...["v480", "v240"].map((id) => [`${id}/playlist.m3u8`, "surround"]),
    ["a0/playlist.m3u8", "audio"],
  ]);
});

test("without audio the podcast playlist is the usual one", () => {
  const silent = { ...whole(job({ video: [0], bytesPerSecond: [50_000] })), audio: [] };
  expect(renderMultivariant(silent, true)).toBe(renderMultivariant(silent));
});

test("an engine's own codec string joins the planned one's place", () => {
  const sample = job({ video: [0], bytesPerSecond: [50_000] });
  const accepted = sample.all.map((each) =>
    each.rendition === "v480" && each.segment === 1 ? { ...each, codec: "avc1.4d401e" } : each,
  );
  const text = renderMultivariant({ ...sample.plan, accepted, ended: true });
  expect(text).toContain('CODECS="avc1.64001f,avc1.4d401e,mp4a.40.2"');
});

test("property: BANDWIDTH is the largest rate of any run of 0.5 to 1.5 targets, and no more", () => {
  fc.assert(
    fc.property(sampleJobs, (sample) => {
      const { levels } = parse(renderMultivariant(whole(sample)));
      const peakOf = (id: string) => peak(sample, id);
      const audioPeak = Math.max(0, ...sample.plan.audio.map(({ id }) => peakOf(id)));
      for (const level of levels) {
        const id = sample.plan.video.find((each) => level.url.includes(`/${each.id}/`))?.id ?? "";
        const expected = peakOf(id) + audioPeak;
        expect(level.bitrate).toBeGreaterThanOrEqual(Math.floor(expected));
        expect(level.bitrate).toBeLessThan(expected * 1.001 + 4);
      }
    }),
    { numRuns: 60 },
  );
});

/** The peak rate, computed in the slow and simple way: tries every range of segments. */
function peak(job: SampleJob, id: string): number {
  const list = measured(job, id);
  const { video, audio } = job.plan;
  // All renditions share a target duration: that of the longest segment.
  const longest = [...video, ...audio].flatMap((each) => measured(job, each.id));
  const target = Math.max(6, ...longest.map(({ seconds }) => Math.round(seconds)));
  const rates: number[] = [];
  for (let from = 0; from < list.length; from += 1) {
    for (let to = from + 1; to <= list.length; to += 1) {
      const { seconds, bits } = sum(list.slice(from, to));
      const isMeasured = seconds >= 0.5 * target - 1e-5 && seconds <= 1.5 * target + 1e-5;
      if (isMeasured) rates.push(bits / seconds);
    }
  }
  if (rates.length > 0) return Math.max(...rates);
  const { seconds, bits } = sum(list);
  return bits / seconds;
}

function measured({ plan, all }: SampleJob, id: string) {
  const rate = plan.audio.find((each) => each.id === id)?.sampleRate;
  return all
    .filter(({ rendition }) => rendition === id)
    .map(({ frames, durationTicks, sizeBytes }) => ({
      seconds: rate === undefined ? durationTicks / 90_000 : (frames * 1024) / rate,
      bits: sizeBytes * 8,
    }));
}

function sum(list: { seconds: number; bits: number }[]) {
  return {
    seconds: list.reduce((total, { seconds }) => total + seconds, 0),
    bits: list.reduce((total, { bits }) => total + bits, 0),
  };
}
