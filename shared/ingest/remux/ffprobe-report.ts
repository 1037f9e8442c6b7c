import { z } from "zod";

/** Facts of the original that ffprobe found and that our own demuxer cannot read from the copy. */
export interface FfprobeReport {
  /** Short name: "flv", "avi", "mpegts". */
  format: string;
  streams: StreamReport[];
}

export interface StreamReport {
  index: number;
  type: "video" | "audio" | "subtitle" | "other";
  codec: string;
  attachedPicture: boolean;
  /** Sample aspect ratio, 1 where unknown. */
  sampleAspect: number;
  interlaced: boolean;
  bitDepth: number;
  transfer: "sdr" | "pq" | "hlg";
  channels: number;
  language: string;
  title: string | null;
  isDefault: boolean;
  isForced: boolean;
}

const streamSchema = z.object({
  index: z.int(),
  codec_type: z.string().default(""),
  codec_name: z.string().default("unknown"),
  sample_aspect_ratio: z.string().default("1:1"),
  field_order: z.string().default("unknown"),
  pix_fmt: z.string().default("yuv420p"),
  color_transfer: z.string().default("unknown"),
  channels: z.int().default(2),
  disposition: z.record(z.string(), z.int()).default({}),
  tags: z.record(z.string(), z.string()).default({}),
});

const reportSchema = z.object({
  streams: z.array(z.unknown()).default([]),
  format: z.object({ format_name: z.string() }).optional(),
});

/** @returns a report without streams when the text is not what ffprobe writes of a media file */
export function parseReport(json: string): FfprobeReport {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return { format: "", streams: [] };
  }
  const report = reportSchema.safeParse(parsed);
  if (!report.success || report.data.format === undefined) return { format: "", streams: [] };
  const streams = report.data.streams.flatMap((stream) => {
    const one = streamSchema.safeParse(stream);
    return one.success ? [describe(one.data)] : [];
  });
  const format = report.data.format.format_name.split(",")[0] ?? "";
  return { format: format.slice(0, 40), streams };
}

const TRANSFERS: Record<string, StreamReport["transfer"]> = {
  smpte2084: "pq",
  "arib-std-b67": "hlg",
};

const TYPES = ["video", "audio", "subtitle"] as const;

function describe(stream: z.infer<typeof streamSchema>): StreamReport {
  const [num = 1, den = 1] = stream.sample_aspect_ratio.split(":").map(Number);
  return {
    index: stream.index,
    type: TYPES.find((one) => one === stream.codec_type) ?? "other",
    codec: stream.codec_name.slice(0, 100),
    attachedPicture: stream.disposition["attached_pic"] === 1,
    sampleAspect: num > 0 && den > 0 ? num / den : 1,
    // tt, bb, tb, bt: which field is coded and which is shown first.
    interlaced: /^[tb][tb]$/.test(stream.field_order),
    bitDepth: Number(/p(10|12|14|16)(le|be)$/.exec(stream.pix_fmt)?.[1] ?? 8),
    transfer: TRANSFERS[stream.color_transfer] ?? "sdr",
    channels: stream.channels,
    language: stream.tags["language"] ?? "und",
    title: stream.tags["title"] ?? null,
    isDefault: stream.disposition["default"] === 1,
    isForced: stream.disposition["forced"] === 1,
  };
}
