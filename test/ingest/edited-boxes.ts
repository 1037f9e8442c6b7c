/**
 * Files that native ffmpeg does not write: its mp4 with a box changed. Its `moov` stands at the end, so
 * that nothing else moves.
 */

/** One step of a path: a box's type, and which of its siblings of that type ("trak[1]"). */
type Step = string;

/** The bytes with the body of one box changed, and all sizes around it. */
export function withBox(
  bytes: Buffer,
  [step = "", ...rest]: readonly Step[],
  change: (body: Buffer) => Buffer,
): Buffer {
  const [, type, nth = "0"] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
  const parts: Buffer[] = [];
  let seen = 0;
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    const box = bytes.subarray(at, at + size);
    const isWanted = box.toString("latin1", 4, 8) === type && seen++ === Number(nth);
    if (isWanted) {
      const body = box.subarray(8);
      parts.push(box4(type ?? "", rest.length === 0 ? change(body) : withBox(body, rest, change)));
    } else {
      parts.push(box);
    }
    at += size;
  }
  if (seen <= Number(nth)) throw new Error(`There is no box ${step}.`);
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

export function box4(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}

/** Position of a track ("trak[1]") by its handler: "vide", "soun". */
export function trackStep(file: Buffer, handler: "vide" | "soun"): Step {
  const at = [...file.toString("latin1").matchAll(/hdlr.{8}(vide|soun)/gs)].map(([, type]) => type);
  return `trak[${at.indexOf(handler)}]`;
}

/**
 * How long the last sample of a track lasts, in seconds (`stts`, `mdhd`); its edit then goes on
 * as there is something (`elst`).
 */
export function withLastSample(file: Buffer, handler: "vide" | "soun", seconds: number): Buffer {
  const track = trackStep(file, handler);
  let timescale = 1;
  withBox(file, ["moov", track, "mdia", "mdhd"], (body) => {
    timescale = body.readUInt32BE(12);
    return body;
  });
  const open = withBox(file, ["moov", track, "edts", "elst"], (body) =>
    Buffer.concat([body.subarray(0, 8), u32(3_600_000), body.subarray(12)]),
  );
  return withBox(open, ["moov", track, "mdia", "minf", "stbl", "stts"], (body) => {
    const runs = [...Array(body.readUInt32BE(4)).keys()].map((i) => [
      body.readUInt32BE(8 + 8 * i),
      body.readUInt32BE(12 + 8 * i),
    ]);
    const last = runs.at(-1) ?? [1, 0];
    last[0] = (last[0] ?? 1) - 1;
    runs.push([1, Math.round(seconds * timescale)]);
    const kept = runs.filter(([count]) => count !== 0);
    return Buffer.concat([u32(0, kept.length), u32(...kept.flat())]);
  });
}
