/** Enough for the preview of a picked file; in a list it is shown smaller. */
const WIDTH = 480;
/** Videos often begin dark: where a picture shows little, the next of these places is tried. */
const PLACES: readonly ((seconds: number) => number)[] = [
  (seconds) => Math.min(1, seconds / 2),
  (seconds) => seconds / 8,
  (seconds) => seconds / 3,
];
/** Standard deviation of luma, of 255: below it a picture shows next to nothing. */
const LEAST_SPREAD = 24;
/** Pixels on a side of the copy whose spread is measured. */
const MEASURED = 32;
const GIVE_UP_MS = 8_000;

const made = new WeakMap<File, Promise<string | null>>();
let last: Promise<unknown> = Promise.resolve();

/**
 * A small picture of a video file as a data URL; null where this browser cannot show the file. Files are read one at a
 * time. Never rejects.
 */
export function thumbnailOf(file: File): Promise<string | null> {
  let thumbnail = made.get(file);
  if (thumbnail === undefined) {
    thumbnail = last.then(() => draw(file)).catch(() => null);
    last = thumbnail;
    made.set(file, thumbnail);
  }
  return thumbnail;
}

async function draw(file: File): Promise<string | null> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  const signal = AbortSignal.timeout(GIVE_UP_MS);
  const event = (name: string) =>
    new Promise<void>((resolve, reject) => {
      video.addEventListener(name, () => resolve(), { once: true });
      video.addEventListener("error", () => reject(new Error("No picture.")), { once: true });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto" });
    const loaded = event("loadedmetadata");
    video.src = url;
    await loaded;
    let best: HTMLCanvasElement | null = null;
    let bestSpread = -1;
    for (const placeOf of PLACES) {
      const seeked = event("seeked");
      video.currentTime = placeOf(video.duration) || 0;
      await seeked;
      const canvas = drawn(
        video,
        WIDTH,
        (WIDTH * video.videoHeight) / Math.max(1, video.videoWidth),
      );
      const spread = spreadOf(canvas);
      if (spread > bestSpread) [best, bestSpread] = [canvas, spread];
      if (spread >= LEAST_SPREAD) break;
    }
    return best?.toDataURL("image/jpeg", 0.7) ?? null;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function drawn(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.round(height);
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Standard deviation of a picture's luma, 0..255. */
function spreadOf(picture: HTMLCanvasElement): number {
  const small = drawn(picture, MEASURED, MEASURED).getContext("2d");
  const pixels = small?.getImageData(0, 0, MEASURED, MEASURED).data ?? new Uint8ClampedArray();
  const values: number[] = [];
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at, at + 3);
    values.push(0.299 * red + 0.587 * green + 0.114 * blue);
  }
  const mean = values.reduce((sum, luma) => sum + luma, 0) / values.length;
  return Math.sqrt(values.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / values.length);
}
