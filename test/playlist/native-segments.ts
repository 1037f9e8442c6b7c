import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createFile, MP4BoxBuffer, type Sample } from "mp4box";
import {
  type AcceptedSegment,
  type AudioRendition,
  audioFrameAt,
  type Fragment,
  type Segment,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../../shared/job/job.ts";
import * as keys from "../../shared/job/object-keys.ts";
import {
  type PlaylistInput,
  renderIFrames,
  renderMedia,
  renderMultivariant,
} from "../../shared/playlist/index.ts";
import { ffmpeg } from "../setup/media.ts";

type AnyRendition = VideoRendition | AudioRendition;

/**
 * A job made by native ffmpeg: it encodes each rendition in one run, and the fragments are joined to the planned
 * segments. So playlists are tested with real media, but without our own encoding.
 */
export async function nativeJob(
  source: string,
  plan: Omit<PlaylistInput, "accepted" | "ended">,
): Promise<{ input: PlaylistInput; dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-playlists-"));
  const accepted: AcceptedSegment[] = [];
  for (const rendition of [...plan.video, ...plan.audio]) {
    const path = join(dir, `${rendition.id}-whole.mp4`);
    await ffmpeg(["-i", source, ...encoding(rendition), path]);
    accepted.push(...(await cut(await readFile(path), rendition, plan.segments, dir)));
  }
  return { input: { ...plan, accepted, ended: true }, dir };
}

/** Writes all playlists of the job beside its segments. @returns path of the multivariant playlist */
export async function writePlaylists(input: PlaylistInput, dir: string): Promise<string> {
  const write = (path: string, text: string) => writeFile(join(dir, path), text);
  for (const { id } of [...input.video, ...input.audio]) {
    await write(`${id}/playlist.m3u8`, renderMedia(input, id));
  }
  for (const { id } of input.video) await write(`${id}/iframes.m3u8`, renderIFrames(input, id));
  await write("master.m3u8", renderMultivariant(input));
  return join(dir, "master.m3u8");
}

function encoding(rendition: AnyRendition): string[] {
  const fragmented = (flag: string) => ["-movflags", `+cmaf+${flag}+skip_trailer`, "-f", "mp4"];
  if (rendition.kind === "audio") {
    return [
      ...["-vn", "-c:a", "aac", "-b:a", String(rendition.bitsPerSecond)],
      ...["-ar", String(rendition.sampleRate), "-ac", String(rendition.channels)],
      // Each fragment has one AAC frame, so they can be cut wherever the plan cuts.
      ...fragmented("frag_every_frame"),
    ];
  }
  return [
    ...["-an", "-vf", `scale=${rendition.width}:${rendition.height},setsar=1`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-bf", "2"],
    ...["-b:v", String(rendition.bitsPerSecond), "-force_key_frames", "expr:gte(t,n_forced*2)"],
    ...["-g", "1000", "-sc_threshold", "0", "-video_track_timescale", String(TICKS_PER_SECOND)],
    ...fragmented("frag_keyframe"),
  ];
}

/** Joins the fragments of a file to segments, and writes these under their names in storage. */
async function cut(
  file: Buffer,
  rendition: AnyRendition,
  segments: readonly Segment[],
  dir: string,
): Promise<AcceptedSegment[]> {
  const boxes = topLevelBoxes(file);
  const firstMoof = boxes.find(({ type }) => type === "moof")?.start ?? file.length;
  const init = file.subarray(0, firstMoof);
  const initKey = await store(init, rendition.id, "init", dir);
  const { samples, codec, timescale } = readSamples(file);
  const moofs = boxes.filter(({ type }) => type === "moof");
  const pieces = moofs.map(({ start, end }, index) => ({
    bytes: file.subarray(start, moofs[index + 1]?.start ?? boxes.at(-1)?.end),
    moofBytes: end - start,
    samples: samples.filter((sample) => sample.moof_number === index + 1),
  }));

  const accepted: AcceptedSegment[] = [];
  for (const segment of segments) {
    const inside = pieces.filter((piece) => {
      const dts = piece.samples[0]?.dts ?? 0;
      return belongs(rendition, segments, segment.index, dts, timescale);
    });
    const bytes = Buffer.concat(inside.map((piece) => piece.bytes));
    let offsetBytes = 0;
    const fragments = inside.map((piece): Fragment => {
      const duration = piece.samples.reduce((sum, sample) => sum + sample.duration, 0);
      const keyFrame = piece.samples[0];
      const fragment = {
        offsetBytes,
        sizeBytes: piece.bytes.length,
        keyFrameBytes: rendition.kind === "video" ? piece.moofBytes + 8 + (keyFrame?.size ?? 0) : 0,
        durationTicks: Math.round((duration * TICKS_PER_SECOND) / timescale),
      };
      offsetBytes += piece.bytes.length;
      return fragment;
    });
    accepted.push({
      rendition: rendition.id,
      segment: segment.index,
      key: await store(bytes, rendition.id, "media", dir),
      initKey,
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      durationTicks: fragments.reduce((sum, { durationTicks }) => sum + durationTicks, 0),
      frames: inside.reduce((sum, piece) => sum + piece.samples.length, 0),
      fragments,
      codec,
      provenance: {
        holder: "native",
        role: "server",
        engine: "ffmpeg-native",
        attempt: 1,
        encodeMs: 0,
        verified: "gate",
      },
    });
  }
  return accepted;
}

function belongs(
  rendition: AnyRendition,
  segments: readonly Segment[],
  index: number,
  dts: number,
  timescale: number,
): boolean {
  const start = segments[index]?.startTicks ?? 0;
  const end = segments[index + 1]?.startTicks ?? Number.POSITIVE_INFINITY;
  if (rendition.kind === "video") {
    const ticks = (dts * TICKS_PER_SECOND) / timescale;
    return ticks >= start - 1 && ticks < end - 1;
  }
  const frame = Math.round(dts / 1024);
  return (
    frame >= audioFrameAt(start, rendition.sampleRate) &&
    frame < audioFrameAt(end, rendition.sampleRate)
  );
}

function readSamples(file: Buffer): { samples: Sample[]; codec: string; timescale: number } {
  const mp4 = createFile();
  mp4.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(file).buffer, 0));
  mp4.flush();
  const track = mp4.getInfo().tracks[0];
  if (track === undefined) throw new Error("mp4box finds no track.");
  const samples = mp4.getTrackSamplesInfo(track.id);
  return { samples, codec: track.codec, timescale: track.timescale };
}

function topLevelBoxes(file: Buffer): { type: string; start: number; end: number }[] {
  const found = [];
  for (let start = 0; start < file.length; ) {
    const end = start + file.readUInt32BE(start);
    found.push({ type: file.toString("latin1", start + 4, start + 8), start, end });
    start = end;
  }
  return found;
}

async function store(
  bytes: Buffer,
  rendition: string,
  kind: "init" | "media",
  dir: string,
): Promise<string> {
  const md5 = createHash("md5").update(bytes).digest("base64");
  const hashes = { sha256: sha256(bytes), md5 };
  const key =
    kind === "init"
      ? keys.initKey("native", rendition, hashes)
      : keys.mediaKey("native", rendition, "native_1", hashes);
  const path = join(dir, rendition, basename(key));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return key;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
