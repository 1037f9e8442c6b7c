import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  type JobPlan,
  jobPlanSchema,
  RATE_SHARE,
  type SourceFacts,
  segmentDurationTicks,
  segmentFrames,
  TICKS_PER_SECOND,
} from "../../shared/job/job.ts";
import {
  FIRST_SEGMENT_TICKS,
  type FrameTimeline,
  frameStepFor,
  parseLadder,
  planAudio,
  planJob,
  planLadder,
  planSegments,
  TARGET_SEGMENT_TICKS,
  validatePlan,
} from "../../shared/plan/plan.ts";

/** Frame durations, in ticks, of steady, jittering and broken sources, some with a frame of many seconds. */
const gaps = fc.oneof(
  fc
    .record({ each: fc.integer({ min: 375, max: 9000 }), count: fc.integer({ min: 1, max: 4000 }) })
    .map(({ each, count }) => Array<number>(count).fill(each)),
  fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 2000 }),
  fc.array(
    fc.oneof(
      { weight: 30, arbitrary: fc.integer({ min: 900, max: 6000 }) },
      { weight: 1, arbitrary: fc.integer({ min: TICKS_PER_SECOND, max: 30 * TICKS_PER_SECOND }) },
    ),
    { minLength: 1, maxLength: 800 },
  ),
);

const timelines: fc.Arbitrary<FrameTimeline> = fc
  .record({
    gaps,
    keyEvery: fc.integer({ min: 1, max: 600 }),
    hidden: fc.integer({ min: 0, max: 9000 }),
  })
  .map(({ gaps, keyEvery, hidden }) => {
    const frameTicks = [0];
    for (const gap of gaps) frameTicks.push((frameTicks.at(-1) ?? 0) + gap);
    const keyTicks = frameTicks.slice(0, -1).filter((_, i) => i % keyEvery === 0);
    // The first frame may refer to a key frame that an edit list hides.
    if (hidden > 0) keyTicks[0] = -hidden;
    return { frameTicks, keyTicks };
  });

describe("planSegments", () => {
  test("segments cover the source once, in order, at frames, within bounds", () => {
    fc.assert(
      fc.property(timelines, fc.integer({ min: 1, max: 4 }), (timeline, frameStep) => {
        const segments = planSegments(timeline, frameStep);
        const frames = new Set(Array.from(timeline.frameTicks));
        const endTicks = timeline.frameTicks[timeline.frameTicks.length - 1] ?? 0;
        let atTicks = 0;
        for (const [i, segment] of segments.entries()) {
          expect(segment.index).toBe(i);
          expect(segment.startTicks).toBe(atTicks);
          expect(frames.has(atTicks)).toBe(segment.repeatsFrame !== true);
          const durationTicks = segmentDurationTicks(segment);
          // This holds even where a frame is shown for very long.
          expect(durationTicks).toBeLessThan(TARGET_SEGMENT_TICKS + TICKS_PER_SECOND / 2);
          atTicks += durationTicks;
        }
        expect(atTicks).toBe(endTicks);
        const total = segments.reduce(
          (sum, segment) => sum + segmentFrames(segment) - (segment.repeatsFrame ? 1 : 0),
          0,
        );
        expect(total).toBe(Math.ceil((timeline.frameTicks.length - 1) / frameStep));
      }),
    );
  });

  test("steady sources begin with a short segment, are cut near the 6 s grid, and end with no stump", () => {
    const steady = fc.record({
      each: fc.integer({ min: 750, max: 9000 }),
      count: fc.integer({ min: 2, max: 6000 }),
      keyEvery: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(steady, ({ each, count, keyEvery }) => {
        const frameTicks = Array.from({ length: count + 1 }, (_, i) => i * each);
        const keyTicks = frameTicks.slice(0, -1).filter((_, i) => i % keyEvery === 0);
        const segments = planSegments({ frameTicks, keyTicks });
        for (const segment of segments.slice(1, -1)) {
          const grid = (segment.index - 1) * TARGET_SEGMENT_TICKS || FIRST_SEGMENT_TICKS;
          const off = Math.abs(segment.startTicks - grid);
          expect(off).toBeLessThanOrEqual(0.45 * TICKS_PER_SECOND + each);
        }
        const last = segments.at(-1);
        if (segments.length > 1 && last !== undefined) {
          expect(segmentDurationTicks(last)).toBeGreaterThanOrEqual(TARGET_SEGMENT_TICKS / 3);
        }
      }),
    );
  });

  test("a key frame near the grid becomes the cut; one that is far does not", () => {
    const frameTicks = Array.from({ length: 25 * 20 + 1 }, (_, i) => i * 3600);
    const cut = (keySeconds: number) =>
      planSegments({ frameTicks, keyTicks: [0, Math.round(keySeconds * TICKS_PER_SECOND)] })[2]
        ?.startTicks;
    expect(cut(6.4)).toBe(576_000);
    expect(cut(5.6)).toBe(504_000);
    expect(cut(7)).toBe(6 * TICKS_PER_SECOND);
    expect(cut(5)).toBe(6 * TICKS_PER_SECOND);
  });
});

describe("planJob", () => {
  test("every plan obeys its schema and what the edge demands", () => {
    fc.assert(
      fc.property(timelines, sources(), (timeline, facts) => {
        const plan = planJob(factsFor(facts, timeline), timeline);
        validatePlan(jobPlanSchema.parse(plan));
      }),
    );
  });

  test("work stands in order of need: what plays first, and its sound before its picture", () => {
    fc.assert(
      fc.property(timelines, sources(), (timeline, facts) => {
        const { tasks } = planJob(factsFor(facts, timeline), timeline);
        const firsts = tasks.map((task) => task.firstSegment);
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
        for (const [i, task] of tasks.entries()) {
          const next = tasks[i + 1];
          if (task.kind === "video" && next?.kind === "audio") {
            expect(next.firstSegment).toBeGreaterThan(task.firstSegment);
          }
        }
      }),
    );
  });

  test("with one key frame in all, decoding stays linear in the length", () => {
    const seconds = 3600;
    const frameTicks = Array.from({ length: seconds * 5 + 1 }, (_, i) => i * 18_000);
    const plan = planJob(factsFor(movie(), { frameTicks, keyTicks: [0] }), {
      frameTicks,
      keyTicks: [0],
    });
    const end = (first: number, count: number) => {
      const last = plan.segments[first + count - 1];
      return last === undefined ? 0 : last.startTicks + segmentDurationTicks(last);
    };
    const video = plan.tasks.filter((task) => task.kind === "video");
    const early = video.filter(
      (task) => end(task.firstSegment, task.segmentCount) < 900 * TICKS_PER_SECOND,
    );
    const decoded = early.reduce((sum, task) => sum + end(task.firstSegment, task.segmentCount), 0);
    const covered = early.reduce(
      (most, task) => Math.max(most, end(task.firstSegment, task.segmentCount)),
      0,
    );
    expect(decoded / covered).toBeLessThan(4);
    expect(video[0]?.segmentCount).toBe(1);
  });
});

describe("validatePlan", () => {
  const timeline = { frameTicks: Array.from({ length: 501 }, (_, i) => i * 3600), keyTicks: [0] };
  const good = planJob(factsFor(movie(), timeline), timeline);

  test.each<[what: string, spoil: (plan: JobPlan) => unknown]>([
    ["a segment is missing", (plan) => plan.segments.splice(1, 1)],
    ["segments overlap", (plan) => at(plan.segments, 1).startTicks--],
    ["a segment is too long", (plan) => (at(plan.segments, 0).durations = [[200, 3600]])],
    ["more bits are shared out than asked for", (plan) => (at(plan.segments, 1).rateShare = 1.25)],
    ["the sum is wrong", (plan) => plan.source.durationTicks++],
    ["a frame is missing", (plan) => plan.source.video.frames++],
    ["a task is missing", (plan) => plan.tasks.pop()],
    ["a segment is in two tasks", (plan) => plan.tasks.push({ ...at(plan.tasks, 0), id: "again" })],
    ["two tasks share a name", (plan) => (at(plan.tasks, 1).id = at(plan.tasks, 0).id)],
    ["a task goes beyond the end", (plan) => (at(plan.tasks, 0).segmentCount = 99)],
    ["a task makes an unknown rendition", (plan) => (at(plan.tasks, 0).renditions = ["v9"])],
    ["a task mixes kinds", (plan) => (at(plan.tasks, 0).kind = "video")],
    ["a rendition is scaled up", (plan) => (at(plan.video, 0).width = 4096)],
    ["a rendition is squeezed", (plan) => (at(plan.video, 0).width -= 40)],
    ["renditions share a name", (plan) => (at(plan.video, 1).id = at(plan.video, 0).id)],
    [
      "another picture is called the longest",
      ({ video }) => Object.assign(at(video, 0).parameterSets ?? {}, { longestTicks: 9000 }),
    ],
    ["no rendition is the default", (plan) => (at(plan.audio, 0).isDefault = false)],
    ["sound is made from no track", (plan) => (at(plan.audio, 0).track = 7)],
  ])("refuses a plan where %s", (_, spoil) => {
    validatePlan(good);
    const plan = structuredClone(good);
    spoil(plan);
    expect(() => validatePlan(plan)).toThrow(expect.objectContaining({ code: "PLAN_INVALID" }));
  });
});

test.each([
  ["of 25 a second", 3600, undefined],
  ["of 12.5 a second", 7200, undefined],
  ["of 10 a second", 9000, 9000],
])("frames %s: the parameter sets state the longest where it is long", (_, ticks, longest) => {
  const frameTicks = Array.from({ length: 101 }, (_, index) => index * ticks);
  const timeline = { frameTicks, keyTicks: [0] };
  const plan = planJob(factsFor(movie(), timeline), timeline);
  expect(plan.video.map(({ parameterSets }) => parameterSets?.longestTicks)).toEqual(
    plan.video.map(() => longest),
  );
  expect(plan.source.video.roundedPictures).toBe(0);
  validatePlan(jobPlanSchema.parse(plan));
});

describe("ladder", () => {
  test("nothing is scaled up, sizes are even, the aspect stays, and there is a way down", () => {
    fc.assert(
      fc.property(sources(), (facts) => {
        const { displayWidth, displayHeight } = facts.video;
        const video = planLadder(facts);
        const short = Math.min(displayWidth, displayHeight);
        if (short >= 64) expect(video.length).toBeGreaterThanOrEqual(2);
        for (const { width, height } of video) {
          expect(width % 2 || height % 2).toBe(0);
          expect(Math.min(width, height)).toBeLessThanOrEqual(short);
          const stretch = (width * displayHeight) / (height * displayWidth);
          expect(Math.abs(stretch - 1)).toBeLessThan(2.5 / Math.min(width, height));
        }
        const rates = video.map((rendition) => rendition.bitsPerSecond);
        expect(rates).toEqual([...rates].sort((a, b) => b - a));
        expect(new Set(video.map((rendition) => rendition.id)).size).toBe(video.length);
      }),
    );
  });

  test("a person's ladder is taken as it is", () => {
    const facts = movie({ displayWidth: 854, displayHeight: 480 });
    const video = planLadder(facts, parseLadder("480:1400, 360:800,240:400"));
    expect(
      video.map(({ id, width, height, bitsPerSecond }) => [id, width, height, bitsPerSecond]),
    ).toEqual([
      ["v480", 854, 480, 1_400_000],
      ["v360", 640, 360, 800_000],
      ["v240", 428, 240, 400_000],
    ]);
  });

  test("rungs above the source become one of its size", () => {
    const video = planLadder(
      movie({ displayWidth: 800, displayHeight: 332 }),
      parseLadder("1080:6000,480:1400,240:400"),
    );
    expect(video.map(({ id }) => id)).toEqual(["v332", "v240"]);
    expect(video[0]?.bitsPerSecond).toBeLessThan(1_400_000);
    expect(video[0]?.bitsPerSecond).toBeGreaterThan(400_000);
  });

  test.each([
    ["no sound", [], [144, 110_000]],
    ["mono", [1], [144, 96_000]],
    ["stereo", [2], [240, 350_000]],
    ["mono and stereo", [1, 2], [240, 350_000]],
  ])("a default ladder ends for cellular connections where %s leaves room", (_, channels, last) => {
    const facts = movie();
    const [sound] = facts.audio;
    if (sound === undefined) throw new Error("no sound");
    const audio = channels.map((count, track) => ({ ...sound, track, channels: count }));
    const video = planLadder({ ...facts, audio });
    const bottom = video.at(-1);
    expect([bottom?.height, bottom?.bitsPerSecond]).toEqual(last);
    if (bottom?.height !== 144) return;
    // The variant's peak rate by the plan's own limit, with audio.
    const [loudest = 0] = planAudio({ audio }).map(({ bitsPerSecond }) => bitsPerSecond);
    expect(bottom.bitsPerSecond * RATE_SHARE.most + loudest).toBeLessThan(192_000);
  });

  test("portrait pictures keep their short side", () => {
    const [top] = planLadder(movie({ displayWidth: 2160, displayHeight: 3840 }));
    expect([top?.width, top?.height]).toEqual([1080, 1920]);
  });

  test.each(["", "480", "480:", "480:x", "0:100", "480:1", "480:1400,480:1400", "9999:100"])(
    "%j is no ladder",
    (text) => {
      expect(() => parseLadder(text)).toThrow(expect.objectContaining({ code: "LADDER_INVALID" }));
      expect(() => parseLadder(text)).toThrow(TributaryError);
    },
  );

  test.each([
    [24, 1],
    [30.0005, 1],
    [60.0565, 1],
    [119.88, 2],
    [120, 2],
    [240, 4],
  ])("of %d frames a second every %d. is kept", (rate, step) => {
    expect(frameStepFor(rate)).toBe(step);
    expect(rate / step).toBeLessThanOrEqual(60.5);
  });
});

function at<T>(list: T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`the plan has no item ${index}`);
  return item;
}

function movie(video: Partial<SourceFacts["video"]> = {}): SourceFacts {
  return {
    name: "clip.mp4",
    sizeBytes: 1000,
    fingerprint: "0".repeat(64),
    container: "mp4",
    durationTicks: 1,
    video: {
      codec: "avc1.64001f",
      ...{ width: 1280, height: 720, displayWidth: 1280, displayHeight: 720, rotation: 0 },
      ...{
        frames: 1,
        frameRate: 25,
        interlaced: false,
        bitDepth: 8,
        transfer: "sdr",
        frameStep: 1,
      },
      ...video,
    },
    audio: [
      {
        ...{ track: 0, codec: "mp4a.40.2", channels: 2, sampleRate: 48_000, language: "en" },
        ...{ title: null, isDefault: true, startTicks: 0, durationTicks: 90_000 },
      },
    ],
    warnings: [],
    notices: [],
  };
}

function factsFor(facts: SourceFacts, { frameTicks }: FrameTimeline): SourceFacts {
  const frames = frameTicks.length - 1;
  const durationTicks = frameTicks[frames] ?? 1;
  return { ...facts, durationTicks, video: { ...facts.video, frames } };
}

function sources(): fc.Arbitrary<SourceFacts> {
  const side = fc.integer({ min: 16, max: 4400 });
  const track = fc.record({
    ...{ codec: fc.constant("mp4a.40.2"), channels: fc.integer({ min: 1, max: 8 }) },
    sampleRate: fc.constantFrom(8000, 22_050, 32_000, 44_100, 48_000, 96_000),
    language: fc.constantFrom("und", "en", "de"),
    title: fc.option(fc.constantFrom("Commentary", "en", "")),
    ...{ isDefault: fc.boolean(), startTicks: fc.integer(), durationTicks: fc.nat() },
  });
  return fc
    .record({
      ...{ displayWidth: side, displayHeight: side },
      frameRate: fc.double({ min: 0.1, max: 240, noNaN: true }),
      tracks: fc.array(track, { maxLength: 4 }),
    })
    .map(({ displayWidth, displayHeight, frameRate, tracks }) => ({
      ...movie({ displayWidth, displayHeight, frameRate, frameStep: frameStepFor(frameRate) }),
      audio: tracks.map((one, i) => ({ ...one, track: i })),
    }));
}

test("no rung that nobody asked for has more bits than the source for as many pixels", () => {
  const codecs = fc.constantFrom("avc1.64001f", "hvc1.1.6.L93.90", "av01.0.04M.08", "mpeg4");
  fc.assert(
    fc.property(
      sources(),
      codecs,
      fc.integer({ min: 1, max: 50_000_000 }),
      (facts, codec, bits) => {
        const video = { ...facts.video, codec, bitsPerSecond: bits };
        const { displayWidth, displayHeight } = video;
        const worth = codec.startsWith("hvc1") ? 1.7 : codec.startsWith("av01") ? 2 : 1;
        for (const { width, height, bitsPerSecond } of planLadder({ ...facts, video })) {
          const pixels = (width * height) / (displayWidth * displayHeight);
          const most = bits * worth * pixels ** 0.75;
          // Tolerance for rounding to kbit/s and to even sides. 24 kbit/s is the lowest rate.
          expect(bitsPerSecond).toBeLessThanOrEqual(Math.max(24_000, 1.3 * most + 500));
        }
      },
    ),
  );
});

test("a ladder that asks for more than the source has is kept, with a word", () => {
  const frameTicks = Array.from({ length: 26 }, (_, i) => i * 3600);
  const timeline = { frameTicks, keyTicks: [0] };
  const facts = factsFor(movie({ displayWidth: 854, displayHeight: 480 }), timeline);
  const video = { ...facts.video, bitsPerSecond: 200_000 };
  const asked = planJob({ ...facts, video }, timeline, parseLadder("480:1400"));
  expect(asked.video.map(({ bitsPerSecond }) => bitsPerSecond)).toEqual([1_400_000]);
  expect(asked.source.warnings).toEqual([
    expect.stringMatching(/480p 1400 kbit\/s.* worth of 200/),
  ]);
  expect(asked.source.notices).toMatchObject([{ code: "LADDER_WASTES_BITS", atSeconds: null }]);
  expect(planJob({ ...facts, video }, timeline).source.warnings).toEqual([]);
});
