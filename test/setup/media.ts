import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { root } from "../../edge/local/server.ts";

const FIXTURES_DIR = join(root, ".cache/fixtures");

const GRADIENTS = "gradients=size=480x270:rate=25:duration=2:nb_colors=5:seed=7:speed=0.05";

/** Arguments of native ffmpeg for each fixture, without the output's name. */
const FIXTURES = {
  /** The plainest source: 8 s, 360p, 30 frames/s, a key frame every 2 s, B-frames, stereo sine. */
  "plain-8s.mp4": [
    ...video("testsrc2=size=640x360:rate=30:duration=8"),
    ...sine(8),
    ...h264("-g", "60", "-bf", "2"),
    ...["-c:a", "aac", "-b:a", "96k", "-shortest"],
  ],
  /** 20 s, 480p, 25 frames/s, several segments. Its long GOPs never end on the 6 s grid. */
  "long-gop-20s.mp4": [
    ...video("testsrc2=size=854x480:rate=25:duration=20"),
    ...sine(20),
    ...h264("-g", "170", "-sc_threshold", "0", "-bf", "3"),
    ...["-c:a", "aac", "-b:a", "96k", "-shortest"],
  ],
  /** Five minutes, some 19 MB: too much for a browser to keep, so it reads the file again and again. */
  "long-5min.mp4": [
    ...video("testsrc2=size=640x360:rate=25:duration=300"),
    ...h264("-g", "50", "-preset", "ultrafast", "-b:v", "520k", "-minrate", "520k"),
  ],
  /** 14 s, with leading B-frames before each key frame in display order. */
  "open-gop-14s.mp4": [
    ...video("mandelbrot=size=640x360:rate=25,trim=duration=14"),
    ...h264("-x264-params", "open-gop=1:keyint=50:bframes=3:scenecut=0"),
  ],
  /** 8 s without every 7th frame, so with uneven frame times. */
  "vfr-8s.mp4": [
    ...video("testsrc2=size=640x360:rate=30:duration=8,select='mod(n\\,7)'"),
    ...["-fps_mode", "passthrough"],
    ...h264("-g", "60"),
  ],
  /** 8 s without sound. */
  "silent-8s.mp4": [...video("testsrc2=size=640x360:rate=30:duration=8"), ...h264("-g", "48")],
  /** 8 s of VP9 and Opus. */
  "vp9-8s.webm": [
    ...video("testsrc2=size=640x360:rate=30:duration=8"),
    ...sine(8),
    ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "600k"],
    ...["-g", "90", "-c:a", "libopus", "-shortest"],
  ],
  /** 2 s of AV1 in 10 bits, HDR10. */
  "av1-pq-2s.mp4": [...video(GRADIENTS), ...hdr("smpte2084")],
  /** The same in HLG, without colour information in the container. */
  "av1-hlg-2s.mp4": [...video(GRADIENTS), ...hdr("arib-std-b67"), ...["-movflags", "-write_colr"]],
  /** 2 s of AV1 in 10 bits, SDR. */
  "av1-10bit-2s.mp4": [
    ...video(GRADIENTS),
    ...["-vf", "scale=out_color_matrix=bt709,format=yuv420p10le", "-colorspace", "bt709"],
    ...["-color_primaries", "bt709", "-color_trc", "bt709", ...av1()],
  ],
  /** 8 s in a container that browsers cannot read. */
  "flv-8s.flv": [
    ...video("testsrc2=size=640x360:rate=30:duration=8"),
    ...sine(8),
    ...h264("-g", "60"),
    ...["-c:a", "aac", "-ar", "44100", "-shortest"],
  ],
} satisfies Record<string, string[]>;

/** The names {@link fixture} knows. */
export type FixtureName = keyof typeof FIXTURES;

/** Path of a generated clip. It is made on first use and kept in a folder that git ignores. */
export async function fixture(name: FixtureName): Promise<string> {
  return generatedClip(name, FIXTURES[name]);
}

/** Like {@link fixture}, with the caller's recipe. @param argv arguments of native ffmpeg without the output */
export async function generatedClip(name: string, argv: readonly string[]): Promise<string> {
  // The folder is named by a hash of the arguments, so a changed recipe never finds an old clip.
  const recipe = createHash("sha256").update(argv.join("\0")).digest("hex").slice(0, 8);
  const dir = join(FIXTURES_DIR, recipe);
  const path = join(dir, name);
  if (existsSync(path)) return path;
  await mkdir(dir, { recursive: true });
  const partPath = join(dir, `${process.pid}-${name}`);
  await ffmpeg([...argv, partPath]);
  await rename(partPath, path);
  return path;
}

/** The folder of real clips: TRIBUTARY_MEDIA, or `shared/media` beside the repository. */
export const mediaDir: string | null = findMediaDir();

/** Path of a real clip. Null where it is not on this machine: the test is then to be skipped. */
export function realClip(name: string): string | null {
  const path = mediaDir && join(mediaDir, name);
  return path && existsSync(path) ? path : null;
}

/** Facts of a real clip, found by decoding it with native ffmpeg (`manifest.json`). */
export interface ClipFacts {
  readonly file: string;
  readonly expect: string;
  readonly video?: { readonly frames: number; readonly interlaced?: boolean };
  readonly [fact: string]: unknown;
}

/** The facts of every real clip; empty where there are none. */
export function clipFacts(): readonly ClipFacts[] {
  return mediaDir ? JSON.parse(readFileSync(join(mediaDir, "manifest.json"), "utf8")) : [];
}

/** Times in seconds of a real clip's decoded frames, in the order shown, or null if not known. */
export function frameTimesSeconds(name: string): readonly number[] | null {
  if (!mediaDir) return null;
  const all: Record<string, { video: number[] }> = JSON.parse(
    readFileSync(join(mediaDir, "pts.json"), "utf8"),
  );
  return all[name]?.video ?? null;
}

/**
 * Runs native ffmpeg.
 *
 * @returns its standard output
 * @throws Error with its log when it fails
 */
export async function ffmpeg(argv: readonly string[]): Promise<Buffer> {
  return runProgram("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y", ...argv]);
}

/** Runs native ffprobe and parses its JSON. @throws Error with its log when it fails */
export async function ffprobe(argv: readonly string[]): Promise<unknown> {
  const output = await runProgram("ffprobe", ["-v", "error", "-of", "json", ...argv]);
  return JSON.parse(output.toString());
}

async function runProgram(program: string, argv: readonly string[]): Promise<Buffer> {
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-20_000);
  });
  const code = await new Promise<number | null>((settle, fail) => {
    child.once("error", fail);
    child.once("close", settle);
  });
  if (code !== 0) throw new Error(`${program} ${argv.join(" ")}: exit status ${code}\n${log}`);
  return Buffer.concat(output);
}

function findMediaDir(): string | null {
  const named = process.env["TRIBUTARY_MEDIA"];
  const candidates = named ? [resolve(named)] : [join(root, "../shared/media")];
  return candidates.find((dir) => existsSync(join(dir, "manifest.json"))) ?? null;
}

function video(source: string): string[] {
  return ["-f", "lavfi", "-i", source];
}

function sine(seconds: number): string[] {
  const tone = `sine=frequency=440:sample_rate=48000:duration=${seconds},aformat=channel_layouts=stereo`;
  return ["-f", "lavfi", "-i", tone];
}

function h264(...more: string[]): string[] {
  return ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", ...more];
}

/** Arguments for AV1 in 10 bits with a key frame each second. */
function av1(): string[] {
  return ["-c:v", "libaom-av1", "-cpu-used", "8", "-b:v", "2M", "-g", "25"];
}

/** Arguments for HDR with this transfer function. White is at 300 cd/m2. */
function hdr(transfer: string): string[] {
  const light = `zscale=p=bt2020:t=${transfer}:m=bt2020nc:r=tv:npl=300:pin=bt709:tin=bt709:min=bt709`;
  return [
    ...["-vf", `scale=out_color_matrix=bt709,${light},format=yuv420p10le`],
    ...["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"],
    ...av1(),
  ];
}
