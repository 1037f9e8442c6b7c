import { chromaSide, type Planes } from "./samples.ts";

/** Above this ratio, some encoders' scalers round down: Firefox 153 lowers each plane by up to a level. */
const BOX_RATIO = 2;

/** Whether our code scales a picture before an encoder gets it. */
export function isScaledHere({ width }: Planes, to: { width: number }): boolean {
  return width > BOX_RATIO * to.width;
}

/** A smaller picture: each value is the mean of the area that it covers, rounded to the nearest. */
export function scaledPlanes(
  { y, u, v, ...from }: Planes,
  { width, height }: { width: number; height: number },
): Planes {
  const chromaFrom = { width: chromaSide(from.width), height: chromaSide(from.height) };
  const chromaTo = { width: chromaSide(width), height: chromaSide(height) };
  return {
    ...{ width, height },
    y: scaled(y, from, { width, height }),
    u: scaled(u, chromaFrom, chromaTo),
    v: scaled(v, chromaFrom, chromaTo),
  };
}

interface Size {
  width: number;
  height: number;
}

function scaled(plane: Uint8Array, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(to.width * to.height);
  const row = new Float32Array(from.width);
  const [across, down] = [from.width / to.width, from.height / to.height];
  const share = 1 / (across * down);
  for (let toRow = 0; toRow < to.height; toRow += 1) {
    row.fill(0);
    const [top, bottom] = [toRow * down, Math.min(from.height, (toRow + 1) * down)];
    for (let y = Math.floor(top); y < bottom; y += 1) {
      const covered = Math.min(bottom, y + 1) - Math.max(top, y);
      const at = y * from.width;
      for (let x = 0; x < from.width; x += 1) {
        row[x] = (row[x] as number) + covered * (plane[at + x] as number);
      }
    }
    for (let toColumn = 0; toColumn < to.width; toColumn += 1) {
      const [left, right] = [toColumn * across, Math.min(from.width, (toColumn + 1) * across)];
      const first = Math.floor(left);
      let sum = (first + 1 - left) * (row[first] as number);
      let x = first + 1;
      for (; x + 1 <= right; x += 1) sum += row[x] as number;
      if (x < right) sum += (right - x) * (row[x] as number);
      out[toRow * to.width + toColumn] = sum * share + 0.5;
    }
  }
  return out;
}
