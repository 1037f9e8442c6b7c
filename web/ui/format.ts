import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";

/** Figures as people read them. Pure; English, with the decimal point. */

/** `4139823` -> "4.1 MB" (decimal units, as browsers and file managers show them). */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${Math.round(sizeBytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Clock time: 65 s -> "1:05", 3,723 s -> "1:02:03". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Length of a video: "30.0 s" under a minute, else the clock. */
export function formatLength(durationTicks: number): string {
  const seconds = durationTicks / TICKS_PER_SECOND;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${formatClock(seconds)} min`;
}

/** A wait, roughly, as nobody wants a countdown that jumps: "5 s", "40 s", "3 min", "1 h 20 min". */
export function formatWait(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 90) return `${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Media seconds a second: "0.8×", "12×". */
export function formatSpeed(speed: number): string {
  return `${speed < 9.95 ? speed.toFixed(1) : Math.round(speed)}×`;
}

/** Rounded down, so that 100 % means all of it. */
export function formatPercent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`;
}

export function formatBitrate(bitsPerSecond: number): string {
  return bitsPerSecond < 999_500
    ? `${Math.round(bitsPerSecond / 1000)} kbit/s`
    : `${(bitsPerSecond / 1_000_000).toFixed(1)} Mbit/s`;
}

/** 24, 23.98, 29.97: two decimals only where they say something. */
export function formatFrameRate(framesPerSecond: number): string {
  return `${Number(framesPerSecond.toFixed(2))} fps`;
}

/** "1 segment", "5 segments". */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** RFC 6381 string or short codec name -> the name on the box. Unknown ones stay as they are. */
export function codecName(codec: string): string {
  const known = CODEC_NAMES.find(([prefix]) => codec.toLowerCase().startsWith(prefix));
  return known?.[1] ?? codec;
}

const CODEC_NAMES: readonly (readonly [prefix: string, name: string])[] = [
  ["avc", "H.264"],
  ["h264", "H.264"],
  ["hev", "H.265 (HEVC)"],
  ["hvc", "H.265 (HEVC)"],
  ["h265", "H.265 (HEVC)"],
  ["av01", "AV1"],
  ["av1", "AV1"],
  ["vp09", "VP9"],
  ["vp9", "VP9"],
  ["vp08", "VP8"],
  ["vp8", "VP8"],
  ["mpeg4", "MPEG-4 Part 2"],
  ["mp4v", "MPEG-4 Part 2"],
  ["mpeg2video", "MPEG-2"],
  ["mpeg1video", "MPEG-1"],
  ["flv1", "Sorenson Spark"],
  ["prores", "Apple ProRes"],
  ["mjpeg", "Motion JPEG"],
  ["mp4a", "AAC"],
  ["aac", "AAC"],
  ["opus", "Opus"],
  ["vorbis", "Vorbis"],
  ["mp3", "MP3"],
  ["mp2", "MP2"],
  ["flac", "FLAC"],
  ["ec-3", "Dolby Digital Plus"],
  ["eac3", "Dolby Digital Plus"],
  ["ac-3", "Dolby Digital"],
  ["ac3", "Dolby Digital"],
  ["pcm", "PCM"],
  ["wma", "Windows Media Audio"],
  ["wmv", "Windows Media Video"],
];

const CONTAINER_NAMES: Readonly<Record<string, string>> = {
  mp4: "MP4",
  mov: "QuickTime (MOV)",
  matroska: "Matroska (MKV)",
  mkv: "Matroska (MKV)",
  webm: "WebM",
  mpegts: "MPEG-TS",
  ts: "MPEG-TS",
  flv: "Flash Video (FLV)",
  avi: "AVI",
  asf: "Windows Media (ASF)",
  mpeg: "MPEG program stream",
  ogg: "Ogg",
};

export function containerName(container: string): string {
  return CONTAINER_NAMES[container.toLowerCase()] ?? container;
}

export { languageName } from "../../shared/job/language.ts";

/** Speaker layouts by channel count, as they are called. */
export function channelsName(channels: number): string {
  switch (channels) {
    case 1:
      return "mono";
    case 2:
      return "stereo";
    case 6:
      return "5.1 surround";
    case 8:
      return "7.1 surround";
    default:
      return `${channels} channels`;
  }
}
