import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jobPlanSchema, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { sourceFrameTimes, worstTimeError } from "../exactness/decoded-frames.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes } from "./cut-and-decode.ts";
import { type Edits, joined, joinedFragments, withEdits } from "./edited-boxes.ts";
import { makeFolder } from "./made-folder.ts";

/** Covers half a tick, and the milliseconds in which edit lists count. */
const TIME_ERROR_SECONDS = 0.0011;

/** Native ffmpeg lets the last frame of a short edit overlap the next edit. The product ends it before. */
const OVERLAP_SECONDS = 0.13;

const picture = (size: string) => [
  "-f",
  "lavfi",
  "-i",
  `testsrc2=size=${size}:rate=25:duration=10`,
];
const tone = (layout: string) => [
  ...["-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*(200+40*t)*t):s=48000:d=10"],
  ...["-af", `aformat=channel_layouts=${layout}`],
];
const x264 = (...more: string[]) => [
  "-c:v",
  "libx264",
  "-preset",
  "ultrafast",
  "-g",
  "60",
  ...more,
];
const aac = ["-c:a", "aac", "-b:a", "96k", "-video_track_timescale", "12800"];

const PLAIN = [...picture("160x96"), ...tone("stereo"), ...x264("-bf", "0"), ...aac];
const B_FRAMES = [...picture("160x96"), ...tone("stereo"), ...x264("-bf", "3"), ...aac];
const OPEN_GOP = [
  ...[...picture("160x96"), ...tone("stereo")],
  ...x264("-x264-params", "open-gop=1:keyint=45:bframes=3:scenecut=0"),
  ...aac,
];

/** Edit lists to test. Native ffmpeg's output counts as right. */
const EDITED: [name: string, argv: string[], edits: Edits][] = [
  [
    "parts kept",
    PLAIN,
    [
      [3, 0],
      [3, 5],
    ],
  ],
  [
    "parts kept, from the middle of GOPs",
    PLAIN,
    [
      [2.2, 0.72],
      [3, 4.4],
      [1.6, 8.04],
    ],
  ],
  [
    "parts kept, with B-frames",
    B_FRAMES,
    [
      [3, 0],
      [3, 5],
    ],
  ],
  [
    "parts kept, with open GOPs",
    OPEN_GOP,
    [
      [2.2, 0],
      [3, 4.4],
    ],
  ],
  [
    "another order",
    PLAIN,
    [
      [3, 6],
      [3, 0],
    ],
  ],
  [
    "one part twice",
    B_FRAMES,
    [
      [3, 1],
      [3, 1],
    ],
  ],
  ["many short parts", B_FRAMES, [0, 1, 2, 3, 4, 5, 6].map((n) => [0.6, n + 0.2])],
] as [string, string[], Edits][];

async function written(folder: string, bytes: Buffer): Promise<string> {
  const path = join(folder, "source.mp4");
  await writeFile(path, bytes);
  return path;
}

async function expectAsNative(path: string, within: number): Promise<void> {
  const opened = await open(path);
  try {
    const plan = opened.planJob();
    validatePlan(jobPlanSchema.parse(plan));
    const seconds = Array.from(
      opened.index.video.frameTicks.slice(0, -1),
      (at) => at / TICKS_PER_SECOND,
    );
    const truth = await sourceFrameTimes(path);
    expect(seconds).toHaveLength(truth.length);
    expect(worstTimeError(seconds, truth)).toBeLessThan(within);
    const tasks = await decodeVideoTasks(opened, plan);
    for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
    expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(await pictureHashes(path));
  } finally {
    opened.close();
  }
}

describe.each(EDITED)("an edit list: %s", (_, argv, edits) => {
  test("shows each edit, frame by frame", async () => {
    const file = await readFile(await generatedClip("edits.mp4", argv));
    await inFolder(async (folder) => {
      const seconds = edits.reduce((sum, [length]) => sum + length, 0);
      const both = withEdits(withEdits(file, "vide", edits), "soun", edits);
      const path = await written(folder, both);
      await expectAsNative(path, seconds < 5 ? OVERLAP_SECONDS : TIME_ERROR_SECONDS);
      const { plan } = await makeFolder(path, folder);
      expect(Math.abs(plan.source.durationTicks / TICKS_PER_SECOND - seconds)).toBeLessThan(0.13);
    });
  });
});

test("where an edit list shows nothing, the picture before it stays", async () => {
  const file = await readFile(await generatedClip("edits.mp4", PLAIN));
  const edits: Edits = [
    [3, 0],
    [2, null],
    [3, 5],
  ];
  await inFolder(async (folder) => {
    const both = withEdits(withEdits(file, "vide", edits), "soun", edits);
    const { plan } = await makeFolder(await written(folder, both), folder);
    expect(plan.source.durationTicks).toBe(8 * TICKS_PER_SECOND);
    expect(plan.source.video.frames).toBe(150);
    const heard = plan.source.audio[0]?.heard?.map(({ startTicks, endTicks }) =>
      [startTicks, endTicks].map((ticks) => ticks / TICKS_PER_SECOND),
    );
    expect(heard).toEqual([
      [0, 3],
      [5, 8],
    ]);
  });
});

test("sound is heard where its own edits let it be", async () => {
  const file = await readFile(await generatedClip("edits.mp4", PLAIN));
  await inFolder(async (folder) => {
    const path = await written(
      folder,
      withEdits(file, "soun", [
        [2, null],
        [3, 4],
      ]),
    );
    const opened = await open(path);
    const [track] = opened.facts.audio;
    opened.close();
    const [span, ...more] = track?.heard ?? [];
    expect(more).toEqual([]);
    expect(span?.startTicks).toBe(2 * TICKS_PER_SECOND);
    expect(span?.endTicks).toBe(5 * TICKS_PER_SECOND);
    expect(opened.facts.durationTicks).toBe(10 * TICKS_PER_SECOND);
  });
});

test("an edit at another speed is refused in words", async () => {
  const file = await readFile(await generatedClip("edits.mp4", PLAIN));
  await inFolder(async (folder) => {
    const path = await written(
      folder,
      withEdits(
        file,
        "vide",
        [
          [3, 0],
          [3, 5],
        ],
        0.5,
      ),
    );
    await expect(open(path)).rejects.toMatchObject({
      code: "SOURCE_UNSUPPORTED",
      message: expect.stringMatching(/speed to 0.5/),
    });
  });
});

describe("several sample descriptions in a track", () => {
  const parts: [what: string, first: string[], second: string[]][] = [
    [
      "another size",
      PLAIN,
      [...picture("320x192"), ...tone("stereo"), ...x264("-bf", "0"), ...aac],
    ],
    [
      "a smaller size",
      [...picture("320x192"), ...tone("stereo"), ...x264("-bf", "3"), ...aac],
      B_FRAMES,
    ],
    [
      "another shape",
      PLAIN,
      [...picture("96x160"), ...tone("stereo"), ...x264("-bf", "0"), ...aac],
    ],
    [
      "other parameters",
      PLAIN,
      [...picture("160x96"), ...tone("stereo"), ...x264("-coder", "ac"), ...aac],
    ],
    ["mono, then stereo", [...picture("160x96"), ...tone("mono"), ...x264(), ...aac], PLAIN],
  ];

  test.each(parts)("%s: every frame is there, and all is encoded", async (_, first, second) => {
    const one = await readFile(await generatedClip("description.mp4", first));
    const other = await readFile(await generatedClip("description.mp4", second));
    await inFolder(async (folder) => {
      const path = await written(folder, joined(one, other));
      const opened = await open(path);
      const plan = opened.planJob();
      const tasks = await decodeVideoTasks(opened, plan);
      opened.close();
      for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
      expect(plan.source.video.frames).toBe(500);
      expect(plan.source.audio[0]?.channels).toBe(2);
      const hashesOf = async (bytes: Buffer) => pictureHashes(await written(folder, bytes));
      const expected = [...(await hashesOf(one)), ...(await hashesOf(other))];
      expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(expected);
      await makeFolder(await written(folder, joined(one, other)), folder);
    });
  });
});

describe("fragments that say which sample description they have", () => {
  const fragmented = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"];
  test.each<[string, string[]]>([
    ["a larger size", [...picture("320x192"), ...tone("stereo"), ...x264("-bf", "0"), ...aac]],
    [
      "other parameters",
      [...picture("160x96"), ...tone("stereo"), ...x264("-coder", "ac"), ...aac],
    ],
    ["mono sound", [...picture("160x96"), ...tone("mono"), ...x264("-bf", "0"), ...aac]],
  ])("%s", async (_, argv) => {
    const one = await readFile(await generatedClip("fragments.mp4", [...PLAIN, ...fragmented]));
    const other = await readFile(await generatedClip("fragments.mp4", [...argv, ...fragmented]));
    await inFolder(async (folder) => {
      const hashesOf = async (bytes: Buffer) => pictureHashes(await written(folder, bytes));
      const expected = [...(await hashesOf(one)), ...(await hashesOf(other))];
      // Ten seconds of each, in the ticks of the video and in samples of the audio.
      const path = await written(folder, joinedFragments(one, other, { 1: 128_000, 2: 480_256 }));
      const opened = await open(path);
      const plan = opened.planJob();
      const tasks = await decodeVideoTasks(opened, plan);
      opened.close();
      expect(plan.source.video.frames).toBe(500);
      expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(expected);
      expect(plan.source.audio[0]).toMatchObject({ mixedFormats: true, channels: 2 });
      await makeFolder(path, folder);
    });
  });
});

test.each([
  ["reports/two-stsd-sizes.mp4", 200],
  ["reports/multi-edit.mov", 150],
  ["reports/av1-one-seqhdr.mp4", 250],
])("the real clip %s has %d frames in its chunks", async (name, frames) => {
  const path = realClip(name);
  if (path === null) return;
  const opened = await open(path);
  const tasks = await decodeVideoTasks(opened, opened.planJob());
  opened.close();
  for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
  expect(tasks.reduce((sum, { planned }) => sum + planned, 0)).toBe(frames);
});
