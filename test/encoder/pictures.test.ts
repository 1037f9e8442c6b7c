import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { segmentFrames } from "../../shared/job/job.ts";
import { nativeTranscode } from "../encode/native.ts";
import { makeWholeJob, type WholeJob, wholeFile } from "../encode/whole-job.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";

/** Enough bits for the comparison to show the conversion and not the encoder. */
const LADDER = [{ shortSide: 108, kilobitsPerSecond: 800 }];

const SIZE = "size=192x108:rate=25:duration=3";
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "12"];

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-pictures-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe("a picture comes out as it was meant", () => {
  test("in full range: black and white stay black and white", async () => {
    const source = await generatedClip("full-range-3s.mp4", [
      ...lavfi(
        `gradients=${SIZE}:c0=black:c1=white:nb_colors=2:x0=0:y0=0:x1=192:y1=0:speed=0.00001`,
      ),
      ...["-vf", "scale=out_range=pc,format=yuvj420p", "-color_range", "pc", ...H264],
    ]);
    const { path } = await transcoded(source);
    expect(await colourOf(path)).toMatchObject({ color_range: "tv", pix_fmt: "yuv420p" });
    expect(await likeness(path, source, "scale=out_range=tv,format=yuv420p")).toBeGreaterThan(38);
  });

  test("turned: upright", async () => {
    const lying = await generatedClip("lying-3s.mp4", [
      ...lavfi(`testsrc2=${SIZE}`),
      ...["-vf", "transpose=cclock,format=yuv420p", ...H264],
    ]);
    const turn = ["-i", lying, "-c", "copy", "-metadata:s:v:0", "rotate=-90"];
    const source = await generatedClip("turned-3s.mp4", turn);
    const upright = await generatedClip("upright-3s.mp4", [
      ...lavfi(`testsrc2=${SIZE}`),
      ...["-pix_fmt", "yuv420p", ...H264],
    ]);
    const { path, job } = await transcoded(source);
    expect(job.plan.video[0]).toMatchObject({ width: 192, height: 108 });
    expect(await likeness(path, upright, "null")).toBeGreaterThan(32);
  });

  test("in HDR: tone-mapped, its contrast and its colours are back", async () => {
    const source = await generatedClip("hdr-pq-3s.mp4", [
      ...lavfi(`testsrc2=${SIZE}`),
      "-vf",
      // 203 cd/m2 is reference white by ITU-R BT.2408.
      `${AS_BT709},zscale=tin=bt709:pin=bt709:t=linear:npl=203,format=gbrpf32le,` +
        "zscale=p=bt2020,zscale=t=smpte2084:m=bt2020nc:r=tv:npl=203,format=yuv420p10le",
      ...["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params"],
      "log-level=error:qp=12:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ]);
    const { path, job } = await transcoded(source);
    expect(job.plan.source.video.transfer).toBe("pq");
    const colour = { color_space: "bt709", color_transfer: "bt709", color_primaries: "bt709" };
    expect(await colourOf(path)).toMatchObject({ ...colour, pix_fmt: "yuv420p" });
    // Without conversion, PQ values look like grey haze.
    const [hazy, mapped] = [await look(source), await look(path)];
    expect(mapped.contrast).toBeGreaterThan(1.5 * hazy.contrast);
    expect(mapped.saturation).toBeGreaterThan(2 * hazy.saturation);
  });

  test("interlaced: without combs, one frame for each", async () => {
    const source = await generatedClip("interlaced-3s.mp4", [
      ...lavfi("testsrc2=size=192x108:rate=50:duration=3,scroll=horizontal=0.02"),
      ...[
        "-vf",
        "interlace,format=yuv420p",
        "-flags",
        "+ilme+ildct",
        ...H264,
        "-x264-params",
        "tff=1",
      ],
    ]);
    const { path, job } = await transcoded(source);
    expect(job.plan.source.video.interlaced).toBe(true);
    expect(await frameCount(path)).toBe(await frameCount(source));
    expect(await combed(path)).toBeLessThan(0.1);
    expect(await combed(source)).toBeGreaterThan(0.5);
  });

  test("at 120 a second: every second one, at its time", async () => {
    const source = await generatedClip("fast-2s.mp4", [
      ...lavfi("testsrc2=size=192x108:rate=120:duration=2"),
      ...["-pix_fmt", "yuv420p", ...H264],
    ]);
    const { path, job } = await transcoded(source);
    expect(job.plan.source.video.frameStep).toBe(2);
    expect(await frameCount(path)).toBe(120);
    expect(await likeness(path, source, "select=not(mod(n\\,2))")).toBeGreaterThan(32);
  });
});

const AS_BT709 =
  "scale=out_color_matrix=bt709:out_range=tv,setparams=range=tv:colorspace=bt709:color_trc=bt709:color_primaries=bt709";

async function transcoded(source: string): Promise<{ path: string; job: WholeJob }> {
  const job = await makeWholeJob(source, LADDER, nativeTranscode);
  const [rendition] = job.renditions;
  if (rendition === undefined) throw new Error("no rendition");
  const path = join(dir, `${Math.random().toString(36).slice(2)}.mp4`);
  await writeFile(path, wholeFile(rendition));
  const frames = job.plan.segments.reduce((sum, segment) => sum + segmentFrames(segment), 0);
  expect(await frameCount(path)).toBe(frames);
  return { path, job };
}

function lavfi(source: string): string[] {
  return ["-f", "lavfi", "-i", source];
}

/** Mean PSNR of luma, in dB, over the frames of two clips. @param filter is applied to the second one */
async function likeness(path: string, reference: string, filter: string): Promise<number> {
  const bySeries = "settb=1/1000,setpts=N";
  const graph =
    `[0:v]${bySeries},format=yuv420p[a];[1:v]${filter},${bySeries},format=yuv420p[b];` +
    "[a][b]psnr=stats_file=-";
  const inputs = ["-i", path, "-i", reference];
  const log = await ffmpeg([...inputs, "-filter_complex", graph, "-f", "null", "-"]);
  const values = [...log.toString().matchAll(/psnr_y:([\d.]+|inf)/g)].map(([, value]) =>
    value === "inf" ? 99 : Number(value),
  );
  expect(values.length).toBeGreaterThan(20);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Contrast and mean saturation. Contrast is the distance between the 10th and 90th percentiles of 8-bit luma. */
async function look(path: string): Promise<{ contrast: number; saturation: number }> {
  const log = await ffmpeg([
    ...["-i", path, "-vf", "format=yuv420p,signalstats,metadata=print:file=-"],
    ...["-frames:v", "5", "-f", "null", "-"],
  ]);
  const last = (name: string): number => {
    const values = [...log.toString().matchAll(new RegExp(`signalstats\\.${name}=([\\d.]+)`, "g"))];
    return Number(values.at(-1)?.[1]);
  };
  return { contrast: last("YHIGH") - last("YLOW"), saturation: last("SATAVG") };
}

/** Share of frames that ffmpeg's `idet` detects as interlaced. */
async function combed(path: string): Promise<number> {
  const log = await ffmpeg([
    ...["-i", path, "-vf", "setparams=field_mode=prog,idet,metadata=print:file=-"],
    ...["-f", "null", "-"],
  ]);
  const kinds = [...log.toString().matchAll(/idet\.single\.current_frame=(\w+)/g)].map(
    ([, kind]) => kind,
  );
  expect(kinds.length).toBeGreaterThan(20);
  return kinds.filter((kind) => kind === "tff" || kind === "bff").length / kinds.length;
}

async function colourOf(path: string): Promise<unknown> {
  const entries = "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries";
  const probed = (await ffprobe(["-select_streams", "v:0", "-show_entries", entries, path])) as {
    streams: unknown[];
  };
  return probed.streams[0];
}

async function frameCount(path: string): Promise<number> {
  const probed = (await ffprobe([
    ...["-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames", path],
  ])) as { streams: { nb_read_frames: string }[] };
  return Number(probed.streams[0]?.nb_read_frames);
}
