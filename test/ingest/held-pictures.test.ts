import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jobPlanSchema, segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { decodeVideoTasks, inFolder, open, pictureHashes, shownOnce } from "./cut-and-decode.ts";
import { withLastSample } from "./edited-boxes.ts";
import { makeFolder } from "./made-folder.ts";

/** Video of 25 different frames per second. */
const moving = (seconds: number) => [
  ...["-f", "lavfi", "-i", `testsrc2=size=160x96:rate=25:duration=${seconds}`],
];
const tone = (seconds: number) => ["-f", "lavfi", "-i", `sine=duration=${seconds}`];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2"];
/** Slides: four frames, at 0, 20, 41.5 and 65 s. */
const slides = [
  ...["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=2:duration=66"],
  ...["-vf", "select='eq(n,0)+eq(n,40)+eq(n,83)+eq(n,130)'", "-fps_mode", "passthrough"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"],
];
const onePicture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=1:duration=1"];

interface Held {
  name: string;
  argv: string[];
  /** The right duration. */
  seconds: number;
  /** Duration of the last sample in the container; default: as native ffmpeg writes it. */
  lastSeconds?: number;
}

/** Sources with a frame that is shown for a long time. */
const SOURCES: Held[] = [
  { name: "still-end.mp4", argv: [...moving(5), ...x264], seconds: 25, lastSeconds: 20.04 },
  {
    name: "still-end-sound.mp4",
    argv: [...moving(5), ...tone(25), ...x264, "-c:a", "aac"],
    seconds: 25,
    lastSeconds: 3,
  },
  { name: "still-end.mkv", argv: [...moving(5), ...tone(20), ...x264, "-c:a", "aac"], seconds: 20 },
  { name: "still-end.ts", argv: [...moving(5), ...tone(20), ...x264, "-c:a", "aac"], seconds: 20 },
  {
    name: "still-end.flv",
    argv: [...moving(5), ...tone(12), ...x264, "-c:a", "aac", "-ar", "44100"],
    seconds: 12,
  },
  { name: "slides.mp4", argv: slides, seconds: 75, lastSeconds: 10 },
  {
    name: "slides-sound.mkv",
    argv: [...slides.slice(0, 4), ...tone(75), ...slides.slice(4), "-c:a", "aac"],
    seconds: 75,
  },
  {
    name: "one-picture.mp4",
    argv: [...onePicture, ...tone(40), ...x264, "-c:a", "aac"],
    seconds: 40,
    lastSeconds: 40,
  },
  {
    name: "one-picture.webm",
    argv: [
      ...[...onePicture, ...tone(20)],
      ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"],
    ],
    seconds: 20,
  },
];

async function heldFile(folder: string, { name, argv, lastSeconds }: Held): Promise<string> {
  const path = await generatedClip(name, argv);
  if (lastSeconds === undefined) return path;
  const changed = join(folder, name);
  await writeFile(changed, withLastSample(await readFile(path), "vide", lastSeconds));
  return changed;
}

describe.each(SOURCES)("$name", (source) => {
  test("each picture stays as long as the source says, and to the end of the sound", async () => {
    await inFolder(async (folder) => {
      const path = await heldFile(folder, source);
      const opened = await open(path);
      const plan = opened.planJob();
      validatePlan(jobPlanSchema.parse(plan));
      const seconds = plan.source.durationTicks / TICKS_PER_SECOND;
      expect(Math.abs(seconds - source.seconds)).toBeLessThan(0.1);
      const lengths = plan.segments.map(segmentDurationTicks);
      expect(Math.max(...lengths)).toBeLessThan(6.5 * TICKS_PER_SECOND);
      const tasks = await decodeVideoTasks(opened, plan);
      opened.close();
      for (const { planned, hashes } of tasks) expect(hashes).toHaveLength(planned);
      expect(shownOnce(plan, tasks)).toEqual(await pictureHashes(path));
    });
  });
});

test("a picture that stays costs few bits, and each segment passes the gate", async () => {
  const source = SOURCES.find(({ name }) => name === "one-picture.mp4") as Held;
  await inFolder(async (folder) => {
    const made = await makeFolder(await heldFile(folder, source), folder);
    expect(made.plan.segments.length).toBeGreaterThan(6);
    const picture = made.bytes.get(made.plan.video[0]?.id ?? "") ?? 0;
    expect((8 * picture) / source.seconds).toBeLessThan(60_000);
  });
});

test.each([
  ["reports/static-end-3s.mp4", 7.96],
  ["reports/static-end.mp4", 25],
  ["reports/podcast-one-picture.mp4", 75],
])("the real clip %s lasts %d s", async (name, seconds) => {
  const path = realClip(name);
  if (path === null) return;
  const opened = await open(path);
  expect(opened.facts.durationTicks / TICKS_PER_SECOND).toBeCloseTo(seconds, 2);
  opened.close();
});
