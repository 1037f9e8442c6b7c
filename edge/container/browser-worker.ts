/** @ffmpeg/core believes that it runs in a browser's worker, and asks where. */
export function standInForWorker(): void {
  (globalThis as { self?: unknown }).self ??= { location: { href: import.meta.url } };
}
