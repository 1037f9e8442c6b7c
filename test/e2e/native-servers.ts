import { expect } from "vitest";
import { type RunningContainer, startContainer } from "../../edge/local/container.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";

/** Starts a server process that a test may freeze or kill. */
export async function newContainer(): Promise<RunningContainer> {
  const container = await startContainer();
  if (container === null) throw new Error("Install ffmpeg: these tests run the native one.");
  return container;
}

/** Expects all segments to be made by servers. */
export function expectAllByServers({ segments }: JobStatus): void {
  expect(segments.length).toBeGreaterThan(0);
  for (const segment of segments) {
    expect(segment).toMatchObject({ role: "server", engine: "ffmpeg-native", verified: "gate" });
  }
}

/** Expects each segment of each rendition once, each task to be accepted once, and no failed attempt. */
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
