// Makes web/public/colour-bars-*.mp4, the clips that test the browser's codecs. Needs a native ffmpeg with
// libx264. The results are in git; to make them again:
//
//     node web/build/make-colour-bars.ts

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BARS, BARS_CLIPS, fieldsOf } from "../encoder/engines/webcodecs/colour-bars.ts";

const PUBLIC_DIR = fileURLToPath(new URL("../public", import.meta.url));

function drawFrame(frame: number, matrix: number): Buffer {
  const { width, height } = BARS;
  const planes = [
    Buffer.alloc(width * height),
    Buffer.alloc((width * height) / 4),
    Buffer.alloc((width * height) / 4),
  ];
  for (const { left, top, right, bottom, colour } of fieldsOf(frame, matrix)) {
    planes.forEach((plane, index) => {
      const [w, h] = index === 0 ? [width, height] : [width / 2, height / 2];
      for (let y = Math.round(top * h); y < Math.round(bottom * h); y += 1) {
        plane.fill(colour[index] ?? 0, y * w + Math.round(left * w), y * w + Math.round(right * w));
      }
    });
  }
  return Buffer.concat(planes);
}

for (const { file, name, tags } of BARS_CLIPS) {
  const frames = Array.from({ length: BARS.frames }, (_, index) => drawFrame(index, tags.matrix));
  const { status, stderr } = spawnSync(
    "ffmpeg",
    [
      ...["-hide_banner", "-v", "error", "-y"],
      ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${BARS.width}x${BARS.height}`],
      ...["-r", String(BARS.framesPerSecond), "-i", "-"],
      ...["-color_primaries", name, "-color_trc", name, "-colorspace", name, "-color_range", "tv"],
      ...["-c:v", "libx264", "-preset", "slow", "-crf", "6", "-bf", "2", "-threads", "1"],
      // Leaves out the SEI with the encoder's version and settings.
      ...["-bsf:v", "filter_units=remove_types=6", "-flags:v", "+bitexact", "-fflags", "+bitexact"],
      ...["-map_metadata", "-1", "-movflags", "+faststart", join(PUBLIC_DIR, file)],
    ],
    { input: Buffer.concat(frames) },
  );
  if (status !== 0) throw new Error(stderr.toString());
}
