import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCore } from "../../web/ingest/ffmpeg-core.ts";
import { nodeFfmpeg } from "../ingest/node-remuxer.ts";
import { ffmpeg } from "../setup/media.ts";

/** Sound to compare, and what it is to be like. */
export interface SoundRequest {
  playlistPath: string;
  sourcePath: string;
  /** Among the source's audio tracks. */
  track: number;
  sampleRate: number;
  channels: number;
  bitsPerSecond: number;
  /** On the source's own timeline: where the job's timeline has its zero. */
  firstFrameSeconds: number;
  /** Of the picture. */
  durationSeconds: number;
}

export interface SoundComparison {
  /** Samples a channel that decode from the playlist. */
  samples: number;
  sampleRate: number;
  /** Largest difference of 16-bit samples, after the first AAC frame. */
  worstLsb: number;
  /** Where that is, in seconds. */
  worstAtSeconds: number;
  /** Root mean square of the single pass, and of the difference, in 16-bit steps. */
  signalRms: number;
  differenceRms: number;
}

/**
 * Compares a rendition's decoded sound sample by sample with one encode of the whole track, at the
 * same rate, on the job's timeline.
 *
 * The single pass is made by ffmpeg.wasm, too: the last bit of its arithmetic differs from that of a
 * native ffmpeg, and once a choice of the encoder's rate control falls the other way, all later ones
 * may (5,500 LSB at a loud place of a film, and nothing that anybody hears).
 */
export async function compareWithSinglePass(request: SoundRequest): Promise<SoundComparison> {
  const { channels, sampleRate } = request;
  const dir = await mkdtemp(join(tmpdir(), "tributary-sound-"));
  try {
    const single = join(dir, "single.mp4");
    await writeFile(single, await encodeOnce(request));
    const [made, wanted] = [
      await pcm(request.playlistPath, sampleRate, channels),
      await pcm(single, sampleRate, channels),
    ];
    return {
      samples: made.length / channels,
      sampleRate,
      ...difference(made, wanted, sampleRate, channels),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function encodeOnce(request: SoundRequest): Promise<Uint8Array> {
  const core = await startCore(await nodeFfmpeg());
  const log: string[] = [];
  core.setLogger(({ message }) => log.push(message));
  core.FS.writeFile("source", await readFile(request.sourcePath));
  const status = core.exec(...singlePass(request), "single.mp4");
  if (status !== 0) throw new Error(`The single pass failed: ${log.slice(-5).join(" | ")}`);
  return core.FS.readFile("single.mp4");
}

function singlePass(request: SoundRequest): string[] {
  const { track, sampleRate, channels, bitsPerSecond } = request;
  const layout = channels === 1 ? "mono" : "stereo";
  const filter = [
    `asetpts=PTS-${request.firstFrameSeconds}/TB`,
    `aresample=${sampleRate}:async=1:first_pts=0`,
    `aformat=channel_layouts=${layout}`,
    // Silence to the end of the picture, where the sound is shorter; where it is longer, all of it.
    `apad=whole_dur=${request.durationSeconds}`,
  ];
  return [
    ...["-copyts", "-i", "source", "-map", `0:a:${track}`, "-af", filter.join(",")],
    ...["-c:a", "aac", "-b:a", String(bitsPerSecond)],
  ];
}

async function pcm(path: string, sampleRate: number, channels: number): Promise<Int16Array> {
  const raw = await ffmpeg([
    ...(path.endsWith(".m3u8") ? ["-allowed_extensions", "ALL"] : []),
    ...["-i", path, "-map", "0:a:0", "-f", "s16le", "-ar", String(sampleRate)],
    ...["-ac", String(channels), "-"],
  ]);
  return new Int16Array(new Uint8Array(raw).buffer, 0, Math.floor(raw.length / 2));
}

function difference(made: Int16Array, wanted: Int16Array, sampleRate: number, channels: number) {
  const first = 1024 * channels;
  const end = Math.min(made.length, wanted.length);
  let worstLsb = 0;
  let worstAt = 0;
  let signal = 0;
  let noise = 0;
  for (let at = first; at < end; at += 1) {
    const sample = wanted[at] ?? 0;
    const error = Math.abs((made[at] ?? 0) - sample);
    signal += sample * sample;
    noise += error * error;
    if (error <= worstLsb) continue;
    worstLsb = error;
    worstAt = at;
  }
  const compared = Math.max(1, end - first);
  return {
    worstLsb,
    worstAtSeconds: worstAt / channels / sampleRate,
    signalRms: Math.sqrt(signal / compared),
    differenceRms: Math.sqrt(noise / compared),
  };
}
