/** A picture in 4:2:0, 8 bits, limited range. */
export interface Planes {
  width: number;
  height: number;
  /** `width` bytes a row. */
  y: Uint8Array<ArrayBuffer>;
  /** `chromaSide(width)` bytes a row, and `chromaSide(height)` rows: half of luma's, rounded up. */
  u: Uint8Array<ArrayBuffer>;
  v: Uint8Array<ArrayBuffer>;
}

/** One plane of a decoded picture. Offsets and strides are in samples. */
export interface PlaneView {
  data: Uint8Array | Uint16Array;
  offset: number;
  stride: number;
  /** Distance from one sample to the next in a row: 2 where two planes are interleaved. */
  step: number;
}

/** The visible part of a decoded picture, in Y'CbCr. */
export interface DecodedPlanes {
  width: number;
  height: number;
  /** Bits of each sample: 8, 10 or 12. */
  bits: number;
  fullRange: boolean;
  planes: readonly [PlaneView, PlaneView, PlaneView];
  /** Luma columns and rows for each chroma sample. */
  chroma: { columns: number; rows: number };
}

export interface SampleFormat {
  bits: number;
  /** Luma columns and rows for each chroma sample. */
  chroma: { columns: number; rows: number };
  /** Cb and Cr alternate in one plane. */
  interleaved: boolean;
}

const CHROMA = {
  420: { columns: 2, rows: 2 },
  422: { columns: 2, rows: 1 },
  444: { columns: 1, rows: 1 },
} as const;

/** Layout of a Y'CbCr format (WebCodecs, 9.3); null for other formats. Samples of more than 8 bits take two bytes. */
export function sampleFormat(format: string): SampleFormat | null {
  if (format === "NV12") return { bits: 8, chroma: CHROMA[420], interleaved: true };
  const [, sampling, bits] = /^I(420|422|444)A?(?:P(10|12))?$/.exec(format) ?? [];
  if (sampling === undefined) return null;
  const chroma = CHROMA[sampling as unknown as keyof typeof CHROMA];
  return { bits: Number(bits ?? 8), chroma, interleaved: false };
}

export function chromaSide(side: number): number {
  return (side + 1) >> 1;
}

export function emptyPlanes(width: number, height: number): Planes {
  const chroma = chromaSide(width) * chromaSide(height);
  return {
    ...{ width, height },
    y: new Uint8Array(width * height),
    u: new Uint8Array(chroma),
    v: new Uint8Array(chroma),
  };
}

/** Scales samples to 8 bits of limited range; of chroma it keeps one sample for each four pixels. */
export function scaleSamples(picture: DecodedPlanes): Planes {
  const { width, height, bits, fullRange, chroma } = picture;
  const planes = emptyPlanes(width, height);
  const half = chromaSide(width);
  const isPlain = bits === 8 && !fullRange;
  const tables = isPlain
    ? null
    : [scaleTable(bits, fullRange, 16, 219), scaleTable(bits, fullRange, 128, 224)];
  const [luma, cb, cr] = picture.planes;
  takeRows(luma, { columns: 1, rows: 1 }, tables?.[0], planes.y, width);
  const every = { columns: 2 / chroma.columns, rows: 2 / chroma.rows };
  takeRows(cb, every, tables?.[1], planes.u, half);
  takeRows(cr, every, tables?.[1], planes.v, half);
  return planes;
}

/** Table from each sample value to 8 bits of limited range. */
function scaleTable(
  bits: number,
  fullRange: boolean,
  zero: number,
  range: number,
): Uint8ClampedArray {
  const unit = 2 ** (bits - 8);
  const middle = zero === 128 ? 128 * unit : 0;
  return Uint8ClampedArray.from({ length: 2 ** bits }, (_, value) =>
    fullRange ? zero + ((value - middle) * range) / (2 ** bits - 1) : value / unit,
  );
}

/** @param every distance between the samples that are taken, in columns and rows of this plane */
function takeRows(
  { data, offset, stride, step }: PlaneView,
  every: { columns: number; rows: number },
  table: Uint8ClampedArray | undefined,
  made: Uint8Array,
  width: number,
): void {
  const columns = step * every.columns;
  for (let at = 0, row = offset; at < made.length; at += width, row += stride * every.rows) {
    if (columns === 1 && table === undefined) {
      made.set(data.subarray(row, row + width), at);
      continue;
    }
    for (let x = 0, from = row; x < width; x += 1, from += columns) {
      const value = data[from] as number;
      made[at + x] = table === undefined ? value : (table[value] as number);
    }
  }
}
