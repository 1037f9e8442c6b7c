/**
 * Makes files that native ffmpeg cannot write, by changing a box of an mp4. The `moov` has to be at the end, so
 * that no media moves.
 */

/** One step of a path of boxes: a type, and an index among its siblings of that type ("trak[1]"). */
type Step = string;

/** The file with the body of one box changed, and with the sizes of all boxes around it adjusted. */
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

/** A box with a 32-bit size. */
export function box4(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** Big-endian 32-bit numbers; negative ones as two's complement. */
export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}

/** The path's step ("trak[1]") of the track with a handler. */
export function trackStep(file: Buffer, handler: "vide" | "soun"): Step {
  const at = [...file.toString("latin1").matchAll(/hdlr.{8}(vide|soun)/gs)].map(([, type]) => type);
  return `trak[${at.indexOf(handler)}]`;
}

/**
 * Sets the duration of a track's last sample, in seconds (`stts`, `mdhd`), and lets its edit show all of the media
 * (`elst`).
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

/** Edits of a track: duration of each, and its start in the media (null: an empty edit), in seconds. */
export type Edits = [seconds: number, fromSeconds: number | null][];

/** Replaces a track's edit list. `fromSeconds` counts from the start of the old one. */
export function withEdits(file: Buffer, handler: "vide" | "soun", edits: Edits, rate = 1): Buffer {
  const track = trackStep(file, handler);
  let timescale = 1;
  let movieTimescale = 1;
  withBox(file, ["moov", track, "mdia", "mdhd"], (body) => {
    timescale = body.readUInt32BE(12);
    return body;
  });
  withBox(file, ["moov", "mvhd"], (body) => {
    movieTimescale = body.readUInt32BE(12);
    return body;
  });
  return withBox(file, ["moov", track, "edts", "elst"], (body) => {
    const zero = body.readInt32BE(12);
    const entries = edits.map(([seconds, from]) =>
      u32(
        Math.round(seconds * movieTimescale),
        from === null ? -1 : zero + Math.round(from * timescale),
        rate * 65_536,
      ),
    );
    return Buffer.concat([u32(0, edits.length), ...entries]);
  });
}

/** Joins two mp4 files with the same kinds of tracks. Each track gets the sample descriptions of both. */
export function joined(first: Buffer, second: Buffer): Buffer {
  const media = boxesOf(first).find(({ type }) => type === "mdat");
  const more = boxesOf(second).find(({ type }) => type === "mdat");
  if (media === undefined || more === undefined) throw new Error("A file has no mdat.");
  const data = box4("mdat", Buffer.concat([media.body, more.body]));
  const dataAt = media.start + 8;
  const moveBy = dataAt + media.body.length - (more.start + 8);
  let moov = boxesOf(first).find(({ type }) => type === "moov")?.whole ?? Buffer.alloc(0);
  for (const handler of ["vide", "soun"] as const) {
    const [a, b] = [trackStep(first, handler), trackStep(second, handler)];
    if (a === "trak[-1]" || b === "trak[-1]") continue;
    const tables = ["stsd", "stts", "ctts", "stss", "stsc", "stsz", "stco"];
    for (const table of tables) {
      const path = (track: string) => ["moov", track, "mdia", "minf", "stbl", table];
      const bodyOf = (file: Buffer, track: string): Buffer | null => {
        let found: Buffer | null = null;
        try {
          withBox(file, path(track), (body) => {
            found = body;
            return body;
          });
        } catch {
          return null;
        }
        return found;
      };
      const one = bodyOf(first, a);
      const other = bodyOf(second, b);
      if (one === null || other === null) continue;
      const sizes = { samples: sampleCount(first, a), chunks: chunkCount(first, a) };
      moov = withBox(moov, path(a), () => mergedTable(table, one, other, sizes, moveBy));
    }
    // A duration beyond the media's: the edit shows all of it.
    moov = withBox(moov, ["moov", a, "edts", "elst"], (body) =>
      Buffer.concat([body.subarray(0, 8), u32(3_600_000), body.subarray(12)]),
    );
  }
  return Buffer.concat([first.subarray(0, media.start), data, moov]);
}

/**
 * Joins two fragmented mp4 files with the same kinds of tracks (`empty_moov`, `default_base_moof`). The fragments
 * of the second one use the second sample description.
 * @param ticks by which the second file begins later, by track_ID
 */
export function joinedFragments(
  first: Buffer,
  second: Buffer,
  ticks: Readonly<Record<number, number>>,
): Buffer {
  let movie: Buffer = Buffer.concat(fragmentsOf(first));
  for (const handler of ["vide", "soun"] as const) {
    const path = (file: Buffer) => [
      "moov",
      trackStep(file, handler),
      "mdia",
      "minf",
      "stbl",
      "stsd",
    ];
    let more: Buffer = Buffer.alloc(0);
    withBox(second, path(second), (body) => {
      more = Buffer.from(body.subarray(8));
      return body;
    });
    movie = withBox(movie, path(movie), (body) =>
      Buffer.concat([body.subarray(0, 4), u32(2), body.subarray(8), more]),
    );
  }
  const later = fragmentsOf(second)
    .filter((box) => ["moof", "mdat"].includes(box.toString("latin1", 4, 8)))
    .map((box) => (box.toString("latin1", 4, 8) === "moof" ? ofSecond(box, ticks) : box));
  return Buffer.concat([movie, ...later]);
}

function fragmentsOf(file: Buffer): Buffer[] {
  return boxesOf(file).flatMap(({ type, whole }) => (type === "mfra" ? [] : [whole]));
}

const HAS_DESCRIPTION = 0x2;

function ofSecond(moof: Buffer, ticks: Readonly<Record<number, number>>): Buffer {
  const tracks = [...moof.toString("latin1").matchAll(/traf/g)].length;
  let changed = moof;
  for (let nth = 0; nth < tracks; nth += 1) {
    let trackId = 0;
    changed = withBox(changed, ["moof", `traf[${nth}]`, "tfhd"], (body) => {
      trackId = body.readUInt32BE(4);
      const flags = body.readUInt32BE(0) | HAS_DESCRIPTION;
      return Buffer.concat([u32(flags, trackId, 2), body.subarray(8)]);
    });
    changed = withBox(changed, ["moof", `traf[${nth}]`, "tfdt"], (body) => {
      const time = body.readBigUInt64BE(4) + BigInt(ticks[trackId] ?? 0);
      const later = Buffer.alloc(8);
      later.writeBigUInt64BE(time);
      return Buffer.concat([body.subarray(0, 4), later]);
    });
    changed = withBox(changed, ["moof", `traf[${nth}]`, "trun"], (body) => {
      // Each track's `tfhd` has grown by four bytes, so the samples lie further back.
      const moved = Buffer.from(body);
      moved.writeInt32BE(moved.readInt32BE(8) + 4 * tracks, 8);
      return moved;
    });
  }
  return changed;
}

function mergedTable(
  table: string,
  one: Buffer,
  other: Buffer,
  { samples, chunks }: { samples: number; chunks: number },
  moveBy: number,
): Buffer {
  if (table === "stsz") {
    const head = u32(0, 0, one.readUInt32BE(8) + other.readUInt32BE(8));
    return Buffer.concat([head, one.subarray(12), other.subarray(12)]);
  }
  const moved = Buffer.from(other.subarray(8));
  const step = table === "stsc" ? 12 : 4;
  for (let at = 0; table.match(/stss|stsc|stco/) && at + 4 <= moved.length; at += step) {
    const by = table === "stss" ? samples : table === "stco" ? moveBy : chunks;
    moved.writeUInt32BE(moved.readUInt32BE(at) + by, at);
    if (table === "stsc") moved.writeUInt32BE(moved.readUInt32BE(at + 8) + 1, at + 8);
  }
  const count = one.readUInt32BE(4) + other.readUInt32BE(4);
  return Buffer.concat([one.subarray(0, 4), u32(count), one.subarray(8), moved]);
}

function sampleCount(file: Buffer, track: string): number {
  return countIn(file, track, "stsz", 8);
}

function chunkCount(file: Buffer, track: string): number {
  return countIn(file, track, "stco", 4);
}

function countIn(file: Buffer, track: string, table: string, at: number): number {
  let count = 0;
  withBox(file, ["moov", track, "mdia", "minf", "stbl", table], (body) => {
    count = body.readUInt32BE(at);
    return body;
  });
  return count;
}

function boxesOf(file: Buffer) {
  const found: { type: string; start: number; body: Buffer; whole: Buffer }[] = [];
  for (let at = 0; at + 8 <= file.length; at += file.readUInt32BE(at)) {
    const whole = file.subarray(at, at + file.readUInt32BE(at));
    found.push({ type: whole.toString("latin1", 4, 8), start: at, body: whole.subarray(8), whole });
  }
  return found;
}
