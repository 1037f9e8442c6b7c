import {
  type JobPlan,
  segmentDurationTicks,
  segmentFrames,
  type Task,
} from "../../shared/job/job.ts";
import { taskSegments } from "../../shared/job/task-parts.ts";

/** The facts that the gate reports for a task's outputs if all is as planned. */
export function passedSegments(plan: JobPlan, task: Task) {
  return taskSegments(plan, task).flatMap((segment) =>
    task.renditions.map((rendition) => ({
      rendition,
      segment: segment.index,
      frames: segmentFrames(segment),
      durationTicks: segmentDurationTicks(segment),
      fragments: [],
      codec: "avc1.64001e",
    })),
  );
}

/** A plan of `count` segments of 6 s in two video renditions, with all audio in one task. */
export function planOf(count: number): JobPlan {
  const durationTicks = count * 540_000;
  const video = (id: string, height: number) =>
    ({ id, kind: "video", width: 2 * height, height, bitsPerSecond: 500_000, level: 30 }) as const;
  return {
    source: {
      name: "clip.mp4",
      sizeBytes: 1000,
      fingerprint: "0".repeat(64),
      container: "mp4",
      durationTicks,
      video: {
        codec: "avc1.64001e",
        width: 640,
        height: 320,
        displayWidth: 640,
        displayHeight: 320,
        rotation: 0,
        frames: count * 180,
        frameRate: 30,
        interlaced: false,
        bitDepth: 8,
        transfer: "sdr",
        frameStep: 1,
      },
      audio: [],
      warnings: [],
      notices: [],
    },
    video: [video("v320", 320), video("v160", 160)],
    audio: [
      {
        id: "a0",
        kind: "audio",
        track: 0,
        sampleRate: 48_000,
        channels: 2,
        bitsPerSecond: 128_000,
        language: "und",
        name: "Sound",
        isDefault: true,
      },
    ],
    segments: Array.from({ length: count }, (_, index) => ({
      index,
      startTicks: index * 540_000,
      durations: [[180, 3000]],
    })),
    tasks: [
      { id: "a0-0", kind: "audio", renditions: ["a0"], firstSegment: 0, segmentCount: count },
      ...Array.from({ length: count }, (_, index) => ({
        id: `v-${index}`,
        kind: "video" as const,
        renditions: ["v320", "v160"],
        firstSegment: index,
        segmentCount: 1,
      })),
    ],
  };
}
