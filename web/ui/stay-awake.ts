import { effect } from "@preact/signals";

/**
 * Keeps a tab that works from being put to sleep: a Web Lock keeps browsers from freezing
 * it in the background (https://developer.chrome.com/docs/web-platform/page-lifecycle-api), a wake
 * lock keeps the screen of a phone on while it is looked at.
 */

/**
 * @param isAtWork reads signals: it is followed from now on
 * @param keepsScreen as `isAtWork`; default: the screen stays on, too
 */
export function stayAwakeWhile(
  isAtWork: () => boolean,
  name: string,
  keepsScreen: () => boolean = () => true,
): void {
  let end: (() => void) | null = null;
  let hasScreen = false;
  effect(() => {
    const [works, wantsScreen] = [isAtWork(), keepsScreen()];
    if (end !== null && wantsScreen !== hasScreen) {
      end();
      end = null;
    }
    hasScreen = wantsScreen;
    if (works) end ??= stayAwake(name, wantsScreen);
    else {
      end?.();
      end = null;
    }
  });
}

/** @returns what ends it */
function stayAwake(name: string, keepsScreen: boolean): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  navigator.locks
    ?.request(name, { mode: "shared", signal }, () => {
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    })
    .catch(() => undefined);

  let sentinel: WakeLockSentinel | null = null;
  const takeScreen = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || signal.aborted) return;
    // Refused when the battery is low, or not there at all: then the screen goes off, no more.
    sentinel = await navigator.wakeLock?.request("screen").catch(() => null);
    if (signal.aborted) void sentinel?.release();
  };
  if (keepsScreen) {
    void takeScreen();
    document.addEventListener("visibilitychange", takeScreen, { signal });
  }
  return () => {
    ends.abort();
    void sentinel?.release();
  };
}

/** Below this share, and not on mains, work for others stops. */
const LOW_BATTERY = 0.2;

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** Tells when the battery becomes low, where the browser says so (Chromium does). */
export async function onLowBattery(callback: () => void, signal: AbortSignal): Promise<void> {
  const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
  const battery = await getBattery?.call(navigator).catch(() => undefined);
  if (battery === undefined || signal.aborted) return;
  let wasLow = false;
  const look = (): void => {
    const isLow = !battery.charging && battery.level < LOW_BATTERY;
    if (isLow && !wasLow) callback();
    wasLow = isLow;
  };
  look();
  battery.addEventListener("levelchange", look, { signal });
  battery.addEventListener("chargingchange", look, { signal });
}
