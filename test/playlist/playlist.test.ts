import fc from "fast-check";
import { M3U8Parser } from "hls.js";
import { expect, test } from "vitest";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import {
  type PlaylistInput,
  playableSegments,
  renderIFrames,
  renderMedia,
} from "../../shared/playlist/index.ts";
import { discontinuities, initUris, parseMediaPlaylist } from "./media-playlist.ts";
import {
  acceptedAudio,
  acceptedVideo,
  audioRendition,
  type SampleJob,
  sampleJobs,
  segmentsOf,
  videoRendition,
} from "./sample-job.ts";

/** Parses a media playlist with hls.js. */
function parseMedia(text: string, renditionId = "v480") {
  const base = `https://tributary.test/v/job/${renditionId}/playlist.m3u8`;
  const details = M3U8Parser.parseLevelPlaylist(text, base, 0, "main" as never, 0, null);
  expect(details.playlistParsingError).toBeNull();
  return details;
}

/** A job with 24 frames per second, two video renditions, one audio rendition and one engine. */
function plainJob(seconds: number[]): SampleJob {
  const plan = {
    video: [videoRendition(0), videoRendition(2)],
    audio: [audioRendition(0, 48_000)],
    segments: segmentsOf([24, 3750], seconds),
  };
  const all = plan.segments.flatMap((segment) => [
    ...plan.video.map((each) => acceptedVideo(each, segment, "ffmpeg-wasm", 100_000)),
    ...plan.audio.map((each) => acceptedAudio(each, segment)),
  ]);
  return { plan, all };
}

function whole(job: SampleJob): PlaylistInput {
  return { ...job.plan, accepted: job.all, ended: true };
}

function renditionIds({ plan }: SampleJob): string[] {
  return [...plan.video, ...plan.audio].map(({ id }) => id);
}

/** True duration and size of each segment of a rendition. */
function truth(job: SampleJob, renditionId: string) {
  const audio = job.plan.audio.find(({ id }) => id === renditionId);
  return job.all
    .filter(({ rendition }) => rendition === renditionId)
    .map(({ frames, durationTicks, sizeBytes }) => ({
      seconds: audio ? (frames * 1024) / audio.sampleRate : durationTicks / TICKS_PER_SECOND,
      sizeBytes,
    }));
}

test("hls.js reads a finished job as VOD, each segment beside its init", () => {
  const job = plainJob([6, 6, 6, 4]);
  const details = parseMedia(renderMedia(whole(job), "v480"));
  expect(details).toMatchObject({ live: false, type: "VOD", targetduration: 6, version: 6 });
  const mine = job.all.filter(({ rendition }) => rendition === "v480");
  expect(details.fragments.map(({ url }) => url)).toEqual(
    mine.map(({ key }) => `https://tributary.test/${key}`),
  );
  for (const fragment of details.fragments) {
    expect(fragment.initSegment?.url).toBe(`https://tributary.test/${mine[0]?.initKey}`);
    expect(fragment.cc).toBe(0);
  }
});

test("a job at work is an EVENT that begins at its beginning, without end", () => {
  const job = plainJob([6, 6, 6]);
  const accepted = job.all.filter(({ segment }) => segment !== 1);
  const input = { ...job.plan, accepted, ended: false };
  const details = parseMedia(renderMedia(input, "v480"));
  expect(details).toMatchObject({ live: true, type: "EVENT", startTimeOffset: 0 });
  expect(details.fragments).toHaveLength(1);
  expect(playableSegments(input)).toBe(1);
});

test("nothing is published of a segment that one rendition lacks", () => {
  const job = plainJob([6, 6]);
  const accepted = job.all.filter((each) => !(each.rendition === "a0" && each.segment === 1));
  for (const id of renditionIds(job)) {
    const input = { ...job.plan, accepted, ended: false };
    expect(parseMedia(renderMedia(input, id)).fragments).toHaveLength(1);
  }
});

test("a job that ended early gets its end, and does not call itself complete", () => {
  const job = plainJob([6, 6]);
  const accepted = job.all.filter(({ segment }) => segment === 0);
  const text = renderMedia({ ...job.plan, accepted, ended: true }, "v480");
  expect(parseMedia(text)).toMatchObject({ live: false, type: "EVENT" });
});

test("a rendition that does not exist is refused with its code", () => {
  const input = whole(plainJob([6]));
  for (const render of [renderMedia, renderIFrames]) {
    expect(() => render(input, "v999")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  }
  expect(() => renderIFrames(input, "a0")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
});

test("a switch of engine in one rendition is a discontinuity in all", () => {
  const job = plainJob([6, 6, 6, 6]);
  const all = job.all.map((each) =>
    each.rendition === "v240" && each.segment === 2
      ? { ...each, initKey: "v/job/v240/other.mp4" }
      : each,
  );
  const input = { ...job.plan, accepted: all, ended: true };
  for (const id of renditionIds(job)) {
    const details = parseMedia(renderMedia(input, id));
    expect(details.fragments.map(({ cc }) => cc)).toEqual([0, 0, 1, 2]);
    const maps = details.fragments.map(({ initSegment }) => initSegment?.relurl);
    expect(new Set(maps).size).toBe(id === "v240" ? 2 : 1);
    expect(maps[3]).toBe(maps[0]);
  }
  const iframes = parseMediaPlaylist(renderIFrames(input, "v240"));
  expect(discontinuities(iframes)).toHaveLength(2);
  expect(initUris(iframes)).toHaveLength(2);
});

test("property: sums of EXTINF never drift from the truth", () => {
  fc.assert(
    fc.property(sampleJobs, (job) => {
      for (const id of renditionIds(job)) {
        const { fragments, targetduration } = parseMedia(renderMedia(whole(job), id));
        const expected = truth(job, id);
        expect(fragments).toHaveLength(expected.length);
        let drift = 0;
        fragments.forEach(({ duration }, index) => {
          drift += duration - (expected[index]?.seconds ?? Number.NaN);
          // Between any two points there are two roundings to a microsecond.
          expect(Math.abs(drift)).toBeLessThan(1.1e-6);
          expect(Math.round(duration)).toBeLessThanOrEqual(targetduration);
        });
      }
    }),
    { numRuns: 60 },
  );
});

test("property: playlists of a job at work only grow, in whatever order segments pass", () => {
  const scenario = sampleJobs.chain((job) =>
    fc.record({
      job: fc.constant(job),
      order: fc.shuffledSubarray(job.all, {
        minLength: job.all.length,
        maxLength: job.all.length,
      }),
    }),
  );
  fc.assert(
    fc.property(scenario, ({ job, order }) => {
      const render = (accepted: SampleJob["all"], ended: boolean) => {
        const input = { ...job.plan, accepted, ended };
        return [
          ...renditionIds(job).map((id) => renderMedia(input, id)),
          ...job.plan.video.map(({ id }) => renderIFrames(input, id)),
        ];
      };
      let before = render([], false);
      const step = Math.max(1, Math.floor(order.length / 12));
      for (let count = step; count < order.length + step; count += step) {
        const now = render(order.slice(0, count), false);
        now.forEach((text, index) => {
          expect(text.startsWith(before[index] ?? "")).toBe(true);
          // The playlist ends once the last segment is in it.
          const isWhole =
            playableSegments({ ...job.plan, accepted: order.slice(0, count), ended: false }) ===
            job.plan.segments.length;
          expect(text.includes("#EXT-X-ENDLIST")).toBe(isWhole);
        });
        before = now;
      }
      // The end of the job changes only the head of the playlist.
      const body = (text: string) => text.slice(text.indexOf("#EXTINF"));
      render(order, true).forEach((text, index) => {
        expect(body(text)).toBe(body(before[index] ?? ""));
      });
    }),
    { numRuns: 60 },
  );
});

test("property: discontinuities stand at the same points everywhere, and at every switch", () => {
  fc.assert(
    fc.property(sampleJobs, (job) => {
      const counts = renditionIds(job).map((id) => {
        const { fragments } = parseMedia(renderMedia(whole(job), id));
        fragments.forEach(({ cc, initSegment }, index) => {
          const before = fragments[index - 1];
          if (before !== undefined && before.initSegment?.relurl !== initSegment?.relurl) {
            expect(cc).toBe(before.cc + 1);
          }
        });
        return fragments.map(({ cc }) => cc);
      });
      for (const each of counts) expect(each).toEqual(counts[0]);
    }),
    { numRuns: 60 },
  );
});

test("property: every I-frame range is inside its segment and they fill the time", () => {
  fc.assert(
    fc.property(sampleJobs, (job) => {
      for (const { id } of job.plan.video) {
        const { fragments } = parseMedia(renderIFrames(whole(job), id), id);
        const sizes = new Map(
          job.all.map(({ key, sizeBytes }) => [`https://tributary.test/${key}`, sizeBytes]),
        );
        for (const { url, byteRange } of fragments) {
          expect(byteRange[1]).toBeLessThanOrEqual(sizes.get(url) ?? 0);
        }
        const total = fragments.reduce((sum, { duration }) => sum + duration, 0);
        const expected = truth(job, id).reduce((sum, { seconds }) => sum + seconds, 0);
        expect(Math.abs(total - expected)).toBeLessThan(1e-5);
      }
    }),
    { numRuns: 30 },
  );
});
