import { describe, expect, test } from "vitest";
import { jobPlanSchema, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { sourceFrameTimes, worstTimeError } from "../exactness/decoded-frames.ts";
import { decodeVideoTasks, open, pictureHashes } from "./cut-and-decode.ts";
import { SOURCE_NAMES, source } from "./fixtures.ts";

/** Covers half a tick, and the rounding of ffprobe's six decimals. */
const TIME_ERROR_SECONDS = 0.000_02;

/** None of our containers supports these packets, so the video is converted, with a notice. */
const CONVERTED: ReadonlySet<string> = new Set(["realvideo.rm"]);

describe.each(SOURCE_NAMES)("%s", (name) => {
  test("every frame is in one chunk, as it was, at its time", async () => {
    const path = await source(name);
    const opened = await open(path);
    try {
      const plan = opened.planJob();
      validatePlan(jobPlanSchema.parse(plan));
      const { frameTicks } = opened.index.video;
      const seconds = Array.from(frameTicks.slice(0, -1), (at) => at / TICKS_PER_SECOND);
      const truth = await sourceFrameTimes(path);
      expect(seconds).toHaveLength(truth.length);
      // In AVI, the frame after B-frames in display order has no time: ffprobe reports none.
      const known = (_: number, i: number) => Number.isFinite(truth[i]);
      expect(truth.filter(known).length).toBeGreaterThan(0.98 * truth.length);
      const worst = worstTimeError(seconds.filter(known), truth.filter(known));
      expect(worst).toBeLessThan(TIME_ERROR_SECONDS);

      const tasks = await decodeVideoTasks(opened, plan);
      const hashes = tasks.flatMap((task) => task.hashes);
      const whole = await pictureHashes(path);
      if (CONVERTED.has(name)) {
        expect(hashes).toHaveLength(whole.length);
        expect(opened.facts.warnings).toEqual([expect.stringMatching(/converted once/)]);
      } else {
        expect(hashes).toEqual(whole);
      }
      const { frameStep } = opened.facts.video;
      for (const { planned, hashes } of tasks)
        expect(Math.ceil(hashes.length / frameStep)).toBe(planned);
    } finally {
      opened.close();
    }
  });
});
