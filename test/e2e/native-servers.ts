import { expect } from "vitest";
import { type RunningContainer, startContainer } from "../../edge/local/container.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";

/** A server process of a test's own, to be frozen or killed. */
export async function newContainer(): Promise<RunningContainer> {
  const container = await startContainer();
  if (container === null) throw new Error("Install ffmpeg: these tests run the native one.");
  return container;
}

export function expectAllByServers({ segments }: JobStatus): void {
  expect(segments.length).toBeGreaterThan(0);
  for (const segment of segments) {
    expect(segment).toMatchObject({ role: "server", engine: "ffmpeg-native", verified: "gate" });
  }
}

/** Each segment of each rendition counts once, each task was accepted once, and nothing was charged. */
export function expectOnce({
  segments,
  segmentCount,
  renditions,
  tasks,
  holders,
}: JobStatus): void {
  const places = segments.map(({ rendition, segment }) => `${rendition} ${segment}`);
  expect(new Set(places).size).toBe(places.length);
  expect(places).toHaveLength(segmentCount * renditions.length);
  const accepted = holders.reduce((sum, { tasksDone }) => sum + tasksDone, 0);
  expect(accepted).toBe(tasks.length);
  expect(tasks.map(({ attempts }) => attempts)).toEqual(tasks.map(() => 0));
}
