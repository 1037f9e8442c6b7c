const SECONDS_IN = 1;
const WIDTH = 160;
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
    const seeked = event("seeked");
    video.currentTime = Math.min(SECONDS_IN, video.duration / 2 || 0);
    await seeked;
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * video.videoHeight) / Math.max(1, video.videoWidth));
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.7);
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}
