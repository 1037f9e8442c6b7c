import type { FfmpegSource } from "../../ffmpeg-core.ts";
import { TributaryError } from "../../job/errors.ts";
import { type Notice, notice } from "../../job/notice.ts";
import type { LoudnessMeasure } from "../../plan/audio-choice.ts";
import { extractSubtitles, type SubtitleText } from "./extract-subtitles.ts";
import { type FfprobeReport, parseReport, type StreamReport } from "./ffprobe-report.ts";
import { type LoudnessRequest, measureLoudness } from "./measure-loudness.ts";
import { COPY, REPORT, type RemuxFfmpeg } from "./remux-ffmpeg.ts";
import { STRANGERS_FILE } from "./source-formats.ts";

/**
 * Rewrites what our demuxer cannot read (FLV, AVI, WMV, MPEG-PS, MPEG-2, ...) as mp4 or QuickTime. Packets are
 * copied as they are, with their times. Only audio that cannot be copied is decoded, and stored without loss;
 * video that cannot be copied is encoded anew. It runs in a thread of its own, because calls into ffmpeg block.
 */

export type RemuxRequest =
  | {
      /**
       * "everything": picture and audio. "converted": the same, but the picture is encoded anew even where its
       * packets could be copied. "sound": only audio; the picture is read from the file itself. "nothing": only
       * look at the file. "picture": the file is a picture, of which one frame is made.
       */
      copy: "everything" | "converted" | "sound" | "nothing" | "picture";
    }
  /** Only the texts of subtitles, with their times moved by so many seconds. */
  | { copy: "subtitles"; offsetSeconds: number }
  | LoudnessRequest;

export interface Remuxed {
  report: FfprobeReport;
  /** null when nothing was to be copied. */
  file: Blob | null;
  /** The picked video stream of `report.streams`; null when there is none. */
  video: StreamReport | null;
  /** In the order of the copy's audio tracks. */
  audio: StreamReport[];
  notices: Notice[];
  /** For a request of subtitles only. */
  subtitles?: SubtitleText[];
  /** For a request of loudness only; in the order of the requested tracks. */
  loudness?: LoudnessMeasure[];
}

export interface RemuxOptions {
  signal: AbortSignal;
  /** Share of the file that was read, 0..1. */
  onProgress?: ((progress: number) => void) | undefined;
}

/** Carries out a request on a file in a place where blocking calls do no harm; tabs and containers have their own. */
export type Remuxer = (
  file: Blob,
  core: FfmpegSource,
  request: RemuxRequest,
  options: RemuxOptions,
) => Promise<Remuxed>;

/**
 * Carries out a request with an ffmpeg that sees the file.
 * @throws TributaryError SOURCE_UNREADABLE, SOURCE_NO_VIDEO, SOURCE_UNSUPPORTED, SOURCE_CORRUPT,
 * SOURCE_TOO_LARGE
 */
export async function remuxWith(ffmpeg: RemuxFfmpeg, request: RemuxRequest): Promise<Remuxed> {
  const report = await probe(ffmpeg);
  const video =
    report.streams.find((stream) => stream.type === "video" && !stream.attachedPicture) ?? null;
  const audio = report.streams.filter((stream) => stream.type === "audio").slice(0, 16);
  if (report.streams.length === 0) {
    throw new TributaryError("SOURCE_UNREADABLE", "The file is no video that can be read here.");
  }
  if (request.copy === "picture") {
    const file = await ffmpeg.ffmpeg([...STRANGERS_FILE, "-i", ffmpeg.input, ...ONE_PICTURE]);
    return { report, file, video, audio: [], notices: [] };
  }
  if (/_pipe$|^image2$|^ico$/.test(report.format)) {
    throw new TributaryError("SOURCE_UNREADABLE", "The file is a picture, no video.");
  }
  const notices: Notice[] = [];
  if (request.copy === "loudness") {
    const loudness = await measureLoudness(ffmpeg, request);
    return { report, file: null, video, audio, notices, loudness };
  }
  if (request.copy === "subtitles") {
    const subtitles = await extractSubtitles(ffmpeg, report, request.offsetSeconds);
    return { report, file: null, video, audio, notices, subtitles };
  }
  // A copy of "everything" may hold audio alone.
  const needsVideo = request.copy !== "everything" || audio.length === 0;
  if (request.copy !== "sound" && video === null && needsVideo) {
    throw new TributaryError("SOURCE_NO_VIDEO", "There is no picture in the file, only sound.");
  }
  if (request.copy === "nothing") return { report, file: null, video, audio, notices };
  const picture = request.copy === "sound" ? null : video;
  const copied = request.copy !== "converted" && (picture === null || isCopied(picture));
  let file = copied ? await copyTo(ffmpeg, plan(picture, audio, false)) : null;
  if (file === null && picture !== null) {
    // No container holds these packets as they are, or the copy could not be read again.
    notices.push(
      notice(
        "PICTURE_CONVERTED",
        `The picture (${picture.codec}) was converted once before the work began, at a quality where no loss is seen.`,
      ),
    );
    file = await copyTo(ffmpeg, plan(picture, audio, true));
  }
  if (file === null) {
    throw new TributaryError(
      "SOURCE_UNSUPPORTED",
      `The file was recognised (${report.format}), but its packets cannot be read: ${ffmpeg.lastLine().slice(0, 200)}`,
    );
  }
  return { report, file, video, audio, notices };
}

async function probe(ffmpeg: RemuxFfmpeg): Promise<FfprobeReport> {
  const args = ["-v", "error", "-of", "json", "-show_streams", "-show_format", "-o", REPORT];
  return parseReport(await ffmpeg.ffprobe([...args, ...STRANGERS_FILE, ffmpeg.input]));
}

interface CopyPlan {
  format: "mp4" | "mov";
  args: string[];
}

/**
 * Codecs whose pictures come out of a copy exactly as they went in; all others are converted. ffmpeg's QuickTime
 * muxer accepts more codecs, but writes some of them so that nothing can read them again (RealVideo).
 */
const COPIED_VIDEO = {
  mp4: /^(h264|hevc|mpeg4|mpeg1video|mpeg2video|vp9|av1)$/,
  mov: new RegExp(
    "^(asv[12]|cinepak|dnxhd|dvvideo|ffv1|ffvhuff|flv1|gif|h263p?|huffyuv|magicyuv|mjpeg|msmpeg4v[23]|" +
      "png|prores|snow|svq[13]|theora|utvideo|wmv[12]|zmbv)$",
  ),
} as const;

/** Codecs that our demuxer can read from the copy. Audio of others is decoded and stored without loss. */
const COPIED_AUDIO = {
  mp4: /^(aac|mp3|ac3|eac3|opus|flac)$/,
  mov: /^(aac|ac3|eac3|pcm_s16le|pcm_s24le)$/,
} as const;

function isCopied({ codec }: StreamReport): boolean {
  return COPIED_VIDEO.mp4.test(codec) || COPIED_VIDEO.mov.test(codec);
}

function plan(video: StreamReport | null, audio: StreamReport[], convert: boolean): CopyPlan {
  const format = video !== null && !convert && COPIED_VIDEO.mov.test(video.codec) ? "mov" : "mp4";
  const args: string[] = [];
  if (video !== null) {
    args.push("-map", `0:${video.index}`);
    args.push(...(convert ? CONVERT_VIDEO : ["-c:v", "copy", ...packetFilter(video)]));
  }
  for (const [i, stream] of audio.entries()) {
    const lossless = format === "mp4" ? "flac" : "pcm_s16le";
    const copied = COPIED_AUDIO[format].test(stream.codec);
    args.push("-map", `0:${stream.index}`, `-c:a:${i}`, copied ? "copy" : lossless);
    // FLAC has at most 8 channels.
    if (!copied && stream.channels > 8) args.push(`-ac:a:${i}`, "2");
  }
  return { format, args };
}

/** Packed B-frames of DivX AVIs: two pictures in a packet, then an empty one. */
function packetFilter(video: StreamReport): string[] {
  return video.codec === "mpeg4" ? ["-bsf:v", "mpeg4_unpack_bframes"] : [];
}

/** x264 so near to lossless that no loss is visible; every picture keeps its own time. */
const CONVERT_VIDEO = [
  ...["-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-g", "60", "-bf", "0"],
  ...["-vsync", "passthrough", "-enc_time_base", "1:90000", "-pix_fmt", "yuv420p"],
];

/** Equally near to lossless, in BT.709, which all players assume for a picture of this size. */
const ONE_PICTURE = [
  ...["-map", "0:v:0", "-frames:v", "1", "-r", "25", "-c:v", "libx264", "-qp", "8", "-bf", "0"],
  ...["-vf", "scale=in_range=full:out_range=tv:out_color_matrix=bt709,format=yuv420p"],
  ...["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"],
  ...["-map_metadata", "-1", "-f", "mp4", `${COPY}picture`],
];

/** @returns null when ffmpeg failed */
function copyTo(ffmpeg: RemuxFfmpeg, { format, args }: CopyPlan): Promise<Blob | null> {
  return ffmpeg.ffmpeg([
    ...["-hide_banner", "-copyts", "-fflags", "+genpts"],
    ...[...STRANGERS_FILE, "-i", ffmpeg.input],
    ...args,
    ...["-map_metadata", "-1", "-write_tmcd", "0", "-strict", "-2"],
    // Fine enough for every source; edits are counted in the movie's timescale.
    ...["-video_track_timescale", "90000", "-movie_timescale", "90000"],
    ...["-max_muxing_queue_size", "4096", "-f", format, `${COPY}${format}-${args.length}`],
  ]);
}
