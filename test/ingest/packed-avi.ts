/** Edits the video chunks of AVI files (RIFF with an `idx1` index, without OpenDML). */

/** Replaces the list of video chunks. */
export type EditChunks = (chunks: Buffer[]) => Buffer[];

const KEY_FRAME = 0x10;

/** @param avi with a single video stream, one `movi` list and an `idx1`, as ffmpeg writes it */
export function withChunks(avi: Buffer, edit: EditChunks): Buffer {
  const lists = childrenOf(avi, 12, avi.length);
  const movi = lists.find(({ at, id }) => id === "LIST" && type(avi, at) === "movi");
  if (movi === undefined) throw new Error("no movi");
  const chunks = childrenOf(avi, movi.at + 12, movi.end)
    .filter(({ id }) => id === "00dc")
    .map(({ at, end }) => avi.subarray(at + 8, end));
  const edited = edit(chunks);
  const index: Buffer[] = [];
  const body: Buffer[] = [Buffer.from("movi")];
  let offset = 4;
  for (const data of edited) {
    const chunk = chunkOf("00dc", data);
    const entry = Buffer.alloc(16);
    entry.write("00dc", 0);
    entry.writeUInt32LE(isIntra(data) ? KEY_FRAME : 0, 4);
    entry.writeUInt32LE(offset, 8);
    entry.writeUInt32LE(data.length, 12);
    index.push(entry);
    body.push(chunk);
    offset += chunk.length;
  }
  const header = Buffer.from(avi.subarray(12, movi.at));
  countFrames(header, edited.length);
  const parts = [
    header,
    chunkOf("LIST", Buffer.concat(body)),
    chunkOf("idx1", Buffer.concat(index)),
  ];
  return chunkOf("RIFF", Buffer.concat([Buffer.from("AVI "), ...parts]));
}

/** Sets `dwTotalFrames` of the main header and `dwLength` of the stream header. */
function countFrames(header: Buffer, frames: number): void {
  const avih = header.indexOf("avih");
  const strh = header.indexOf("strh");
  header.writeUInt32LE(frames, avih + 8 + 16);
  header.writeUInt32LE(frames, strh + 8 + 32);
}

const VOP = Buffer.from([0, 0, 1, 0xb6]);
const VOL_USER_DATA = Buffer.concat([Buffer.from([0, 0, 1, 0xb2]), Buffer.from("DivX503b1393p")]);

/** vop_coding_type (ISO/IEC 14496-2, 6.2.5): 0 I, 1 P, 2 B. */
function codingType(data: Buffer): number {
  const at = data.indexOf(VOP);
  return at === -1 ? -1 : (data[at + 4] ?? 0) >> 6;
}

function isIntra(data: Buffer): boolean {
  return codingType(data) === 0;
}

/** A P-VOP with `vop_coded` 0, which repeats the frame before it. @param timeBits of `vop_time_increment` */
export function notCoded(timeBits: number): Buffer {
  // Bits: coding type 01, modulo_time_base 0, marker, time increment 0, marker, vop_coded 0, stuffing 0111...
  const bits = `010 1${"0".repeat(timeBits)}10`.replace(" ", "");
  const stuffed = `${bits}0`.padEnd(Math.ceil((bits.length + 1) / 8) * 8, "1");
  const bytes = stuffed.match(/.{8}/g) ?? [];
  return Buffer.concat([VOP, Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))]);
}

/**
 * Packs B-VOPs like DivX and XviD: in one chunk with the following VOP that they refer to, with a placeholder chunk
 * for each.
 */
export function packed(timeBits: number): EditChunks {
  return (chunks) => {
    const out: Buffer[] = [];
    for (let at = 0; at < chunks.length; ) {
      const anchor = chunks[at++] ?? Buffer.alloc(0);
      const following: Buffer[] = [];
      for (let next = chunks[at]; next !== undefined && codingType(next) === 2; next = chunks[++at])
        following.push(next);
      const [first, ...more] = following;
      if (first === undefined) out.push(anchor);
      else out.push(Buffer.concat([anchor, first]), ...more, notCoded(timeBits));
    }
    return out.map((data, nth) => (nth === 0 ? withUserData(data) : data));
  };
}

/** Adds the encoder's mark for packed bitstreams to the first chunk. */
function withUserData(data: Buffer): Buffer {
  const at = data.indexOf(VOP);
  return Buffer.concat([data.subarray(0, at), VOL_USER_DATA, data.subarray(at)]);
}

function chunkOf(id: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

function type(avi: Buffer, at: number): string {
  return avi.toString("latin1", at + 8, at + 12);
}

function childrenOf(avi: Buffer, from: number, to: number) {
  const children: { id: string; at: number; end: number }[] = [];
  for (let at = from; at + 8 <= to; ) {
    const size = avi.readUInt32LE(at + 4);
    children.push({ id: avi.toString("latin1", at, at + 4), at, end: at + 8 + size });
    at += 8 + size + (size % 2);
  }
  return children;
}
