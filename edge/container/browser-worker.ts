/** Defines `self.location`, which @ffmpeg/core reads because it believes that it runs in a browser's worker. */
export function standInForWorker(): void {
  (globalThis as { self?: unknown }).self ??= { location: { href: import.meta.url } };
}
