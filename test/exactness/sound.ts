import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFfmpegCore } from "../../edge/container/node-remuxer.ts";
import { AAC_CODER } from "../../shared/encode/ffmpeg-audio-args.ts";
import { startCore } from "../../shared/ffmpeg-core.ts";
import { ffmpeg } from "../setup/media.ts";

/** An audio rendition to compare with its source. */
export interface SoundRequest {
  playlistPath: string;
  sourcePath: string;
  /** Index among the source's audio tracks. */
  track: number;
  sampleRate: number;
  channels: number;
  bitsPerSecond: number;
  /** Time of the first frame on the source's own timeline: the zero of the job's timeline. */
  firstFrameSeconds: number;
  /** Duration of the video. */
  durationSeconds: number;
}

export interface SoundComparison {
  /** Number of samples in each channel, decoded from the playlist. */
  samples: number;
  sampleRate: number;
  /** Largest difference of 16-bit samples. */
  worstLsb: number;
  /** Where the largest difference is, in seconds. */
  worstAtSeconds: number;
  /** Root mean square of the single pass, in 16-bit steps. */
  signalRms: number;
  /** Root mean square of the difference, in 16-bit steps. */
  differenceRms: number;
}

/**
 * Compares a rendition's decoded audio, sample by sample, with a single encode of the whole track at the same bit
 * rate, on the job's timeline.
 *
 * The single pass is also made by ffmpeg.wasm, because native ffmpeg's arithmetic differs in the last bit. Once
 * that changes one decision of the encoder's rate control, all later ones may change (up to 5,500 LSB at a loud
 * place of a film, though inaudible).
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
  /** Number of places in the source that are loud enough to compare. */
  places: number;
  /** Largest shift of the rendition against the source at any of these places, in seconds. */
  worstSeconds: number;
  /**
   * Largest difference that remains after undoing the shift, as a share of the source's RMS: the encoder's noise.
   */
  worstResidual: number;
}

/**
 * Measures the shift of a rendition's audio against the source's, as native ffmpeg decodes it. For sources where
 * two encoders never get exactly the same samples: the audio is transcoded on the way, or the container rounds
 * times.
 */
export async function soundOffset(request: SoundRequest): Promise<SoundOffset> {
  const { sampleRate, sourcePath, track } = request;
  const made = await pcm(request.playlistPath, sampleRate, 1);
  const raw = await ffmpeg([
    ...["-copyts", "-i", sourcePath, "-map", `0:a:${track}`],
    // Mixed to the rendition's channels first, like the rendition itself.
    ...["-af", [...timelineFilter(request), layoutFilter(request)].join(","), "-f", "s16le"],
    ...["-ar", String(sampleRate), "-ac", "1", "-"],
  ]);
  return offsetOf(made, samplesOf(raw), sampleRate);
}

/** Measures the shift of a file's audio against another's, in seconds, with all channels mixed. */
export async function soundOffsetOfFiles(
  madePath: string,
  sourcePath: string,
  sampleRate: number,
): Promise<SoundOffset> {
  const [made, source] = [await pcm(madePath, sampleRate, 1), await pcm(sourcePath, sampleRate, 1)];
  return offsetOf(made, source, sampleRate);
}

/**
 * Compares the audio of two files, sample by sample, up to the end of the shorter one.
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

/** Differences from the source's audio where two runs meet, and elsewhere, as shares of its RMS. */
export interface SeamNoise {
  worst: number;
  /** The largest difference halfway between seams, at as many places as there are seams. */
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

/** Samples compared on each side of a seam: two AAC frames. */
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

/** Samples compared at a place. */
const WINDOW = 8192;
/** Largest shift that is tried, in samples. */
const REACH = 600;
/** Number of places. */
const PLACES = 7;
/** RMS in 16-bit steps. A quieter place has little but the encoder's noise, so it is skipped. */
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
 * Removes the priming frame, which is not part of a rendition. A decoder that had it would be at another point of
 * its random numbers (perceptual noise substitution) up to the end.
 */
function withoutFirstFrame(adts: Uint8Array): Uint8Array {
  const [, , , high = 0, middle = 0, low = 0] = adts;
  return adts.subarray(((high & 3) << 11) | (middle << 3) | (low >> 5));
}

/**
 * Silence that is encoded after the end, as a run of the job does. The encoder chooses a frame's blocks by the
 * samples that follow. Without any, the last two frames would differ (by 31 LSB for a sine). Longer than one frame
 * at any sample rate.
 */
const SILENCE_AFTER_SECONDS = 0.2;

function singlePass(request: SoundRequest): string[] {
  const { track, bitsPerSecond } = request;
  const filter = [
    ...timelineFilter(request),
    layoutFilter(request),
    // Pads shorter audio with silence to the end of the video. Longer audio is kept whole.
    `apad=whole_dur=${request.durationSeconds + SILENCE_AFTER_SECONDS}`,
  ];
  return [
    ...["-copyts", "-i", "source", "-map", `0:a:${track}`, "-af", filter.join(",")],
    ...["-c:a", "aac", "-aac_coder", AAC_CODER, "-b:a", String(bitsPerSecond), "-f", "adts"],
  ];
}

/** Moves audio from the source's timeline to the job's, and drops what lies before the first frame. */
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
