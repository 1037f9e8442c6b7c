import { basename } from "node:path";
import type { LadderRung } from "../../shared/plan/plan.ts";
import { ffprobe, fixture, realClip } from "../setup/media.ts";

export interface Clip {
  name: string;
  path: string;
  durationSeconds: number;
  frameRate: number;
  hasAudio: boolean;
  ladder: LadderRung[];
  /** Even sizes of the rungs, for those who have to be told. */
  sizes: { width: number; height: number }[];
}

const LADDERS: Record<string, LadderRung[]> = {
  "bbb480p30s.mp4": ladder("480:1400,360:800,240:400"),
  "footage480p5min.mp4": ladder("480:1400,360:800,240:400"),
  "bunny1080p60.mp4": ladder("1080:6000,720:3000,480:1400"),
  "long-gop-20s.mp4": ladder("480:1400,360:800,240:400"),
};

export const LONGEST_CLIP = "footage480p5min.mp4";
export const BENCH_CLIPS = ["bbb480p30s.mp4", LONGEST_CLIP, "bunny1080p60.mp4"];

/** Real clips by name, and where there are none the generated one that stands in for all. */
export async function openClips(names: readonly string[]): Promise<Clip[]> {
  const paths = names.flatMap((name) => realClip(name) ?? []);
  if (paths.length === 0) paths.push(await fixture("long-gop-20s.mp4"));
  return Promise.all(paths.map(openClip));
}

interface Probe {
  format: { duration: string };
  streams: { codec_type: string; width?: number; height?: number; avg_frame_rate?: string }[];
}

async function openClip(path: string): Promise<Clip> {
  const { format, streams } = (await ffprobe([
    "-show_entries",
    "format=duration:stream=codec_type,width,height,avg_frame_rate",
    path,
  ])) as Probe;
  const video = streams.find((stream) => stream.codec_type === "video");
  const { width, height, avg_frame_rate: rate } = video ?? {};
  if (width === undefined || height === undefined || rate === undefined) {
    throw new Error(`${path} has no video.`);
  }
  const [frames = 0, seconds = 1] = rate.split("/").map(Number);
  const name = basename(path);
  const rungs = LADDERS[name] ?? ladder("360:800,240:400");
  return {
    name,
    path,
    durationSeconds: Number(format.duration),
    frameRate: frames / seconds,
    hasAudio: streams.some((stream) => stream.codec_type === "audio"),
    ladder: rungs,
    sizes: rungs.map(({ shortSide }) => ({
      width: 2 * Math.round((shortSide * width) / height / 2),
      height: shortSide,
    })),
  };
}

export function ladderText(rungs: readonly LadderRung[]): string {
  return rungs
    .map(({ shortSide, kilobitsPerSecond }) => `${shortSide}:${kilobitsPerSecond}`)
    .join();
}

function ladder(text: string): LadderRung[] {
  return text.split(",").map((rung) => {
    const [shortSide = 0, kilobitsPerSecond = 0] = rung.split(":").map(Number);
    return { shortSide, kilobitsPerSecond };
  });
}
