import { effect } from "@preact/signals";

/**
 * Keeps a working tab awake. A Web Lock keeps browsers from freezing the tab in the background
 * (https://developer.chrome.com/docs/web-platform/page-lifecycle-api). A wake lock keeps a phone's screen on while the
 * page is visible.
 */

/**
 * Keeps the tab awake whenever `isAtWork` is true.
 * @param isAtWork reads signals, and is called again whenever they change
 * @param keepsScreen like `isAtWork`: whether the screen is kept on, too; default: always
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

/** @returns a function that ends it */
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
    // Some browsers have no wake lock, or refuse it at low battery: then only the screen goes off.
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

/** Below this battery level, and without mains power, the battery counts as low. */
const LOW_BATTERY = 0.2;

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** Calls back when the battery becomes low, in browsers that report it (Chromium). */
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
