import { basename } from "node:path";
import type { LadderRung } from "../../shared/plan/plan.ts";
import { ffprobe, fixture, generatedClip, realClip } from "../setup/media.ts";

export interface Clip {
  name: string;
  path: string;
  durationSeconds: number;
  frameRate: number;
  hasAudio: boolean;
  ladder: LadderRung[];
  /** Sizes of the rungs in pixels, even numbers, for contestants that need both sides. */
  sizes: { width: number; height: number }[];
}

const LADDERS: Record<string, LadderRung[]> = {
  "bbb480p30s.mp4": ladder("480:1400,360:800,240:400"),
  "footage480p5min.mp4": ladder("480:1400,360:800,240:400"),
  "bunny1080p60.mp4": ladder("1080:6000,720:3000,480:1400"),
  "bunny1080p30-60s.mp4": ladder("1080:4500,720:2500,480:1200"),
  "long-gop-20s.mp4": ladder("480:1400,360:800,240:400"),
};

/** A longer clip, looped from a real one. */
const LOOPED = { name: "bunny1080p30-60s.mp4", of: "bunny1080p60.mp4", seconds: 60, rate: 30 };
/** Takes the place of all clips where there are no real ones. */
const GENERATED = "long-gop-20s.mp4";

export const LONGEST_CLIP = "footage480p5min.mp4";
export const BENCH_CLIPS = ["bbb480p30s.mp4", LONGEST_CLIP, "bunny1080p60.mp4", LOOPED.name];

/** Whether the clip is on this machine or can be generated. */
export function isClip(name: string): boolean {
  return name === GENERATED || realClip(name === LOOPED.name ? LOOPED.of : name) !== null;
}

/** Opens the named clips that are on this machine; if none is, the generated one. */
export async function openClips(names: readonly string[]): Promise<Clip[]> {
  const there = names.filter(isClip);
  const paths = await Promise.all((there.length === 0 ? [GENERATED] : there).map(pathOf));
  return Promise.all(paths.map(openClip));
}

async function pathOf(name: string): Promise<string> {
  if (name === GENERATED) return fixture(GENERATED);
  if (name !== LOOPED.name) return realClip(name) ?? "";
  return generatedClip(LOOPED.name, [
    ...["-stream_loop", "-1", "-i", realClip(LOOPED.of) ?? "", "-t", String(LOOPED.seconds)],
    ...["-vf", `fps=${LOOPED.rate}`, "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"],
    ...["-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac"],
  ]);
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

/** A ladder in the notation of the page's address, e.g. "480:1400,360:800". */
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
