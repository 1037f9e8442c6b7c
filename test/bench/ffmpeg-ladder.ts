import { AAC_CODER } from "../../shared/encode/ffmpeg-audio-args.ts";
import type { Clip } from "./clips.ts";

/**
 * Arguments for the whole ladder in one call of ffmpeg: 6 s fMP4 HLS with AAC, x264 veryfast, key frames every 2 s,
 * rates bounded as Tributary bounds them. Media playlists are `<dir>/<shortSide>/index.m3u8`.
 * @param encoderThreads of each x264; null leaves it to ffmpeg
 */
export function ffmpegLadderArgs(
  clip: Clip,
  input: string,
  dir: string,
  encoderThreads: number | null,
): string[] {
  const inputs = clip.ladder.map((_, index) => `[in${index}]`).join("");
  const scaled = clip.sizes.map(
    ({ width, height }, index) => `[in${index}]scale=${width}:${height},setsar=1[out${index}]`,
  );
  const audio = clip.hasAudio
    ? ["-map", "0:a:0", "-c:a", "aac", "-aac_coder", AAC_CODER, "-b:a", "128k", "-ac", "2"]
    : [];
  const variants = clip.ladder.map(
    ({ shortSide }, index) => `v:${index}${clip.hasAudio ? ",agroup:sound" : ""},name:${shortSide}`,
  );
  return [
    "-i",
    input,
    "-filter_complex",
    `[0:v:0]split=${clip.ladder.length}${inputs};${scaled.join(";")}`,
    ...clip.ladder.flatMap(({ kilobitsPerSecond }, index) => [
      ...[
        "-map",
        `[out${index}]`,
        `-c:v:${index}`,
        "libx264",
        `-b:v:${index}`,
        `${kilobitsPerSecond}k`,
      ],
      ...[`-maxrate:v:${index}`, `${kilobitsPerSecond * 1.25}k`],
      ...[`-bufsize:v:${index}`, `${kilobitsPerSecond * 2}k`],
    ]),
    ...["-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p", "-sc_threshold", "0"],
    ...["-force_key_frames", "expr:gte(t,n_forced*2)"],
    ...(encoderThreads === null ? [] : ["-threads", String(encoderThreads)]),
    ...audio,
    ...["-f", "hls", "-hls_time", "6", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"],
    ...["-hls_segment_filename", `${dir}/%v/%d.m4s`],
    "-var_stream_map",
    [...variants, ...(clip.hasAudio ? ["a:0,agroup:sound,name:audio"] : [])].join(" "),
    `${dir}/%v/index.m3u8`,
  ];
}

/** Folders that the outputs of `ffmpegLadderArgs` go to. ffmpeg does not create them. */
export function ffmpegLadderDirs(clip: Clip): string[] {
  const rungs = clip.ladder.map(({ shortSide }) => String(shortSide));
  return clip.hasAudio ? [...rungs, "audio"] : rungs;
}
