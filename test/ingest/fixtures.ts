import { generatedClip } from "../setup/media.ts";

/**
 * Sources made by native ffmpeg. Each has one property that breaks naive splitting. The frames are small, because
 * tests check which frames come out and not their quality.
 */
const RECIPES = {
  /** B-frames, GOPs that never end on the 6 s grid, and priming hidden by an edit list. */
  "b-frames.mp4": [...picture(13, 25), ...tone(13), ...x264("-g", "70", "-bf", "3"), ...aac()],
  /** Leading B-frames that refer to the previous GOP, and recovery points instead of IDR frames. */
  "open-gop.mp4": [...picture(13, 25), ...openGop()],
  "open-gop.mkv": [...picture(13, 25), ...openGop()],
  "open-gop.ts": [...picture(13, 25), ...tone(13), ...openGop(), ...aac()],
  "open-gop-hevc.mp4": [
    ...picture(9, 24),
    ...["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"],
    ...["-x265-params", "open-gop=1:keyint=48:bframes=3:scenecut=0:log-level=error"],
  ],
  /** Without every 7th frame, and with a gap of one second. */
  "vfr.mp4": [
    ...picture(9, 30, "select='mod(n,7)*not(between(n,70,100))'"),
    ...["-fps_mode", "passthrough", ...x264("-g", "60")],
  ],
  "fragmented.mp4": [
    ...picture(8, 29.97),
    ...tone(8),
    ...[...x264("-g", "60", "-bf", "2"), ...aac()],
    ...["-movflags", "frag_keyframe+empty_moov+default_base_moof"],
  ],
  /** Anamorphic and with odd sides. */
  "sar-odd.webm": [
    ...picture(7, 24, "scale=161:91,setsar=4/3"),
    ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "50"],
  ],
  /** VP8 with hidden reference frames, and Vorbis: packets of different lengths. */
  "vp8-vorbis.webm": [
    ...picture(8, 25),
    ...tone(8),
    ...["-c:v", "libvpx", "-deadline", "good", "-cpu-used", "16", "-auto-alt-ref", "1"],
    ...["-lag-in-frames", "16", "-g", "60", "-b:v", "200k", "-c:a", "libvorbis"],
  ],
  "opus.webm": [
    ...picture(13, 30),
    ...tone(13),
    ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "80"],
    ...["-c:a", "libopus"],
  ],
  /** A single key frame. */
  "one-key.mp4": [...picture(20, 25), ...x264("-g", "9999", "-sc_threshold", "0", "-bf", "2")],
  /** Coded in fields, and marked as interlaced. */
  "interlaced.mp4": [
    ...picture(7, 25, "interlace"),
    ...x264("-g", "50", "-flags", "+ilme+ildct", "-x264-params", "tff=1"),
  ],
  "interlaced.ts": [
    ...picture(7, 25, "interlace"),
    ...x264("-g", "50", "-flags", "+ilme+ildct", "-x264-params", "tff=1"),
  ],
  /** 120 frames per second, of which every second one is kept. */
  "slow-motion.mp4": [...picture(7, 120), ...x264("-g", "120")],
  "late-start.ts": [
    ...picture(8, 25),
    ...tone(8),
    ...[...x264("-g", "50", "-bf", "2"), ...aac(), "-output_ts_offset", "90000"],
  ],
  "flv.flv": [...picture(8, 30), ...tone(8, 44_100), ...x264("-g", "60", "-bf", "2"), ...aac()],
  /** B-frames without timestamps. */
  "mpeg4-b.avi": [
    ...picture(8, 25),
    ...tone(8, 44_100),
    ...["-c:v", "mpeg4", "-bf", "2", "-g", "50", "-q:v", "5", "-c:a", "mp3"],
  ],
  "mpeg2.vob": [
    ...picture(8, 25),
    ...tone(8),
    ...["-c:v", "mpeg2video", "-bf", "2", "-g", "15", "-q:v", "5", "-c:a", "mp2", "-f", "vob"],
  ],
  /** Video with a codec that mediabunny leaves out. */
  "mpeg2-ac3.ts": [
    ...picture(8, 25),
    ...tone(8),
    ...["-c:v", "mpeg2video", "-bf", "2", "-g", "15", "-q:v", "5", "-c:a", "ac3"],
  ],
  "wmv2.wmv": [
    ...picture(8, 25),
    ...tone(8, 44_100),
    ...["-c:v", "wmv2", "-g", "50", "-q:v", "5", "-c:a", "wmav2"],
  ],
  "theora.ogv": [...picture(8, 25), ...["-c:v", "libtheora", "-q:v", "5", "-g", "50"]],
  "realvideo.rm": [
    ...["-f", "lavfi", "-i", "testsrc2=size=176x144:rate=25:duration=8"],
    ...tone(8, 44_100),
    ...["-c:v", "rv20", "-g", "50", "-q:v", "3", "-c:a", "ac3"],
  ],
  "mjpeg-pcm.mov": [
    ...picture(7, 25),
    ...tone(7),
    ...["-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"],
  ],
  /** Audio blocks whose duration is not a whole number of milliseconds. */
  "pcm.mkv": [...picture(13, 25), ...tone(13), ...x264("-g", "50"), "-c:a", "pcm_s16le"],
  /** Audio with a codec that our demuxer does not even list. */
  "opus.ts": [...picture(7, 25), ...tone(7), ...x264("-g", "50"), "-c:a", "libopus"],
  /** Audio with a codec that our demuxer does not support, beside video that it does. */
  "alac.mkv": [...picture(7, 25), ...tone(7), ...x264("-g", "50", "-bf", "2"), "-c:a", "alac"],
} satisfies Record<string, string[]>;

export type SourceName = keyof typeof RECIPES;

export const SOURCE_NAMES = Object.keys(RECIPES) as SourceName[];

/** Path of a source. It is generated on first use. */
export function source(name: SourceName): Promise<string> {
  return generatedClip(name, RECIPES[name]);
}

/** Video in which every frame differs from all others. */
function picture(seconds: number, rate: number, filter = "null"): string[] {
  const moving = `testsrc2=size=160x96:rate=${rate}:duration=${seconds},noise=alls=8:allf=t`;
  return ["-f", "lavfi", "-i", `${moving},${filter}`];
}

/** A rising tone, which never repeats, so that a shift by one sample can be detected. */
function tone(seconds: number, rate = 48_000): string[] {
  const rising = `aevalsrc=0.4*sin(2*PI*(200+40*t)*t)|0.4*sin(2*PI*(300+55*t)*t)`;
  return ["-f", "lavfi", "-i", `${rising}:s=${rate}:d=${seconds}`];
}

function x264(...more: string[]): string[] {
  return ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", ...more];
}

function openGop(): string[] {
  return x264("-x264-params", "open-gop=1:keyint=45:bframes=3:scenecut=0");
}

/** Without perceptual noise substitution, which by design decodes differently each time. */
function aac(): string[] {
  return ["-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"];
}
