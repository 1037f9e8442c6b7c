/** Names of formats, which are the same in all languages. */

/** The common name of a codec, by its RFC 6381 string or short name; an unknown codec is returned unchanged. */
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
