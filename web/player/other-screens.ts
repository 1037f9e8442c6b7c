import { type ReadonlySignal, signal } from "@preact/signals";

/**
 * Other screens (AirPlay, Cast), by the Remote Playback API of the W3C. They only get a video's address. So the browser
 * has to play HLS natively, and a private video is offered only where it was opened by a signed link.
 */

export const HLS_TYPE = "application/vnd.apple.mpegurl";

/**
 * Whether there is a screen (AirPlay) that could play the playlist.
 * @param needsToken whether requests without a token may be refused
 */
export function otherScreens(
  masterUrl: string,
  needsToken: boolean,
  abort: AbortSignal,
): ReadonlySignal<boolean> {
  const isThere = signal(false);
  const probe = document.createElement("video");
  if (!("remote" in probe) || probe.canPlayType(HLS_TYPE) === "") return isThere;
  const watch = async () => {
    if (needsToken && !(await fetch(masterUrl, { method: "HEAD", signal: abort })).ok) return;
    probe.preload = "none";
    probe.src = masterUrl;
    const id = await probe.remote.watchAvailability((isAvailable) => {
      isThere.value = isAvailable;
    });
    const end = () => void probe.remote.cancelWatchAvailability(id).catch(() => {});
    if (abort.aborted) end();
    else abort.addEventListener("abort", end, { once: true });
  };
  // Rejects in browsers that do not look for screens.
  void watch().catch(() => {});
  return isThere;
}

/**
 * Asks the viewer for a screen, for an element that plays HLS natively.
 * @returns false where none was chosen
 */
export async function askForScreen(video: HTMLVideoElement): Promise<boolean> {
  try {
    await video.remote.prompt();
    return true;
  } catch {
    return false;
  }
}
