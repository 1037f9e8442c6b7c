import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFfmpegCore } from "../../edge/container/node-remuxer.ts";
import { AAC_CODER } from "../../shared/encode/ffmpeg-audio-args.ts";
import { startCore } from "../../shared/ffmpeg-core.ts";
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
  /** Duration of the picture. */
  durationSeconds: number;
}

export interface SoundComparison {
  /** Samples a channel that decode from the playlist. */
  samples: number;
  sampleRate: number;
  /** Largest difference of 16-bit samples. */
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
    const single = join(dir, "single.aac");
    await writeFile(single, withoutFirstFrame(await encodeOnce(request)));
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

export interface SoundOffset {
  /** Places of the source that are loud enough to tell. */
  places: number;
  /** Largest displacement of the rendition against the source at any of them, in seconds. */
  worstSeconds: number;
  /** Difference that remains there after the displacement is undone: the encoder's noise. */
  worstResidual: number;
}

/**
 * Where a rendition's sound lies against the source's own, decoded by native ffmpeg: for sources
 * whose sound is transcoded on the way, or whose container gives rounded times, so that no two
 * encoders are handed the very same samples.
 */
export async function soundOffset(request: SoundRequest): Promise<SoundOffset> {
  const { sampleRate, sourcePath, track } = request;
  const made = await pcm(request.playlistPath, sampleRate, 1);
  const raw = await ffmpeg([
    ...["-copyts", "-i", sourcePath, "-map", `0:a:${track}`],
    // First to the rendition's channels, as it was made.
    ...["-af", [...timelineFilter(request), layoutFilter(request)].join(","), "-f", "s16le"],
    ...["-ar", String(sampleRate), "-ac", "1", "-"],
  ]);
  return offsetOf(made, samplesOf(raw), sampleRate);
}

/** Offset of a file's audio against another's, in samples, over all channels mixed. */
export async function soundOffsetOfFiles(
  madePath: string,
  sourcePath: string,
  sampleRate: number,
): Promise<SoundOffset> {
  const [made, source] = [await pcm(madePath, sampleRate, 1), await pcm(sourcePath, sampleRate, 1)];
  return offsetOf(made, source, sampleRate);
}

/**
 * Two files' sound, sample by sample, as far as both go.
 * @param from sample at which to begin
 */
export async function compareFiles(
  madePath: string,
  wantedPath: string,
  sampleRate: number,
  channels: number,
  from: number,
): Promise<Pick<SoundComparison, "samples" | "worstLsb">> {
  const [made, wanted] = [
    (await pcm(madePath, sampleRate, channels)).subarray(from * channels),
    (await pcm(wantedPath, sampleRate, channels)).subarray(from * channels),
  ];
  const samples = Math.min(made.length, wanted.length) / channels;
  return { samples, worstLsb: difference(made, wanted, sampleRate, channels).worstLsb };
}

/** How much of the sound differs from the source's where runs meet, and elsewhere: shares of its RMS. */
export interface SeamNoise {
  worst: number;
  /** The largest of as many places that lie halfway between seams. */
  usual: number;
}

/** @param seams sample positions in the rendition */
export async function seamNoise(
  madePath: string,
  sourcePath: string,
  seams: readonly number[],
  sampleRate: number,
): Promise<SeamNoise> {
  const [made, source] = [await pcm(madePath, sampleRate, 2), await pcm(sourcePath, sampleRate, 2)];
  const noiseAt = (sample: number) => {
    let [energy, noise] = [0, 0];
    for (let at = (sample - SEAM_SAMPLES) * 2; at < (sample + SEAM_SAMPLES) * 2; at += 1) {
      energy += (source[at] ?? 0) ** 2;
      noise += ((source[at] ?? 0) - (made[at] ?? 0)) ** 2;
    }
    return Math.sqrt(noise / energy);
  };
  const between = seams.map((seam, index) => (seam + (seams[index - 1] ?? 0)) / 2);
  return {
    worst: Math.max(...seams.map(noiseAt)),
    usual: Math.max(...between.map((at) => noiseAt(Math.round(at)))),
  };
}

/** Two frames on each side. */
const SEAM_SAMPLES = 2_048;

function offsetOf(made: Int16Array, source: Int16Array, sampleRate: number): SoundOffset {
  const found = { places: 0, worstSeconds: 0, worstResidual: 0 };
  const last = Math.min(made.length, source.length) - WINDOW - REACH;
  for (let place = 0; place < PLACES; place += 1) {
    const from = REACH + Math.floor(((last - REACH) * (place + 0.5)) / PLACES);
    if (from < REACH || rms(source, from) < QUIET_RMS) continue;
    const { lag, residual } = bestLag(made, source, from);
    found.places += 1;
    found.worstSeconds = Math.max(found.worstSeconds, Math.abs(lag) / sampleRate);
    found.worstResidual = Math.max(found.worstResidual, residual);
  }
  return found;
}

/** Samples compared at a place, how far to look around it, and how many places. */
const WINDOW = 8192;
const REACH = 600;
const PLACES = 7;
/** In 16-bit steps: below it, noise of the encoder is all there is. */
const QUIET_RMS = 15;

function bestLag(made: Int16Array, source: Int16Array, from: number) {
  let best = { lag: 0, residual: Number.POSITIVE_INFINITY };
  const energy = rms(source, from) ** 2 * WINDOW;
  for (let lag = -REACH; lag <= REACH; lag += 1) {
    let sum = 0;
    for (let at = 0; at < WINDOW; at += 1) {
      const error = (made[from + at + lag] ?? 0) - (source[from + at] ?? 0);
      sum += error * error;
    }
    const residual = Math.sqrt(sum / energy);
    if (residual < best.residual) best = { lag, residual };
  }
  return best;
}

function rms(samples: Int16Array, from: number): number {
  let sum = 0;
  for (let at = from; at < from + WINDOW; at += 1) sum += (samples[at] ?? 0) ** 2;
  return Math.sqrt(sum / WINDOW);
}

async function encodeOnce(request: SoundRequest): Promise<Uint8Array> {
  const core = await startCore(await loadFfmpegCore());
  const log: string[] = [];
  core.setLogger(({ message }) => log.push(message));
  core.FS.writeFile("source", await readFile(request.sourcePath));
  const status = core.exec(...singlePass(request), "single.aac");
  if (status !== 0) throw new Error(`The single pass failed: ${log.slice(-5).join(" | ")}`);
  return core.FS.readFile("single.aac");
}

/**
 * The priming frame is no part of a rendition. A decoder that had it would fill bands of noise from
 * another place of its random numbers (perceptual noise substitution), all the way to the end.
 */
function withoutFirstFrame(adts: Uint8Array): Uint8Array {
  const [, , , high = 0, middle = 0, low = 0] = adts;
  return adts.subarray(((high & 3) << 11) | (middle << 3) | (low >> 5));
}

/**
 * The encoder chooses a frame's blocks by the samples after it, and at the end of its input by none:
 * the last two frames come out otherwise (by 31 LSB, for a sine) than before silence, which is what a
 * run of the job encodes after the end. Longer than one frame at any rate.
 */
const SILENCE_AFTER_SECONDS = 0.2;

function singlePass(request: SoundRequest): string[] {
  const { track, bitsPerSecond } = request;
  const filter = [
    ...timelineFilter(request),
    layoutFilter(request),
    // Silence to the end of the picture, where the sound is shorter; where it is longer, all of it.
    `apad=whole_dur=${request.durationSeconds + SILENCE_AFTER_SECONDS}`,
  ];
  return [
    ...["-copyts", "-i", "source", "-map", `0:a:${track}`, "-af", filter.join(",")],
    ...["-c:a", "aac", "-aac_coder", AAC_CODER, "-b:a", String(bitsPerSecond), "-f", "adts"],
  ];
}

/** From the source's timeline to the job's, without what sounds before its first frame. */
function timelineFilter({ firstFrameSeconds, sampleRate }: SoundRequest): string[] {
  return [`asetpts=PTS-${firstFrameSeconds}/TB`, `aresample=${sampleRate}:async=1:first_pts=0`];
}

function layoutFilter({ channels }: SoundRequest): string {
  return `aformat=channel_layouts=${channels === 1 ? "mono" : "stereo"}`;
}

async function pcm(path: string, sampleRate: number, channels: number): Promise<Int16Array> {
  const raw = await ffmpeg([
    ...(path.endsWith(".m3u8") ? ["-allowed_extensions", "ALL"] : []),
    ...["-i", path, "-map", "0:a:0", "-f", "s16le", "-ar", String(sampleRate)],
    ...["-ac", String(channels), "-"],
  ]);
  return samplesOf(raw);
}

function samplesOf(raw: Buffer): Int16Array {
  return new Int16Array(new Uint8Array(raw).buffer, 0, Math.floor(raw.length / 2));
}

function difference(made: Int16Array, wanted: Int16Array, sampleRate: number, channels: number) {
  const end = Math.min(made.length, wanted.length);
  let worstLsb = 0;
  let worstAt = 0;
  let signal = 0;
  let noise = 0;
  for (let at = 0; at < end; at += 1) {
    const sample = wanted[at] ?? 0;
    const error = Math.abs((made[at] ?? 0) - sample);
    signal += sample * sample;
    noise += error * error;
    if (error <= worstLsb) continue;
    worstLsb = error;
    worstAt = at;
  }
  const compared = Math.max(1, end);
  return {
    worstLsb,
    worstAtSeconds: worstAt / channels / sampleRate,
    signalRms: Math.sqrt(signal / compared),
    differenceRms: Math.sqrt(noise / compared),
  };
}
