import { signal } from "@preact/signals";

/** The service worker of a newer build, which waits until the person reloads; null where there is none. */
export const newerVersion = signal<ServiceWorker | null>(null);

const LOOK_AGAIN_MS = 60 * 60 * 1000;

/**
 * Has the browser store the page for use without a network. Only in builds, since a page in development changes with
 * every keystroke. Never throws: where it fails, the page needs the network.
 */
export async function keepForOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    // Waits until the page itself has loaded.
    if (document.readyState !== "complete") {
      await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
    }
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    watch(registration);
    let lookedAt = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || Date.now() - lookedAt < LOOK_AGAIN_MS) return;
      lookedAt = Date.now();
      void registration.update().catch(() => {});
    });
  } catch (error) {
    console.warn("The page is not kept for times without a network:", error);
  }
}

function watch(registration: ServiceWorkerRegistration): void {
  const tell = () => {
    // Without a controller this is the first service worker, so the page is not of an older build.
    if (navigator.serviceWorker.controller !== null) newerVersion.value = registration.waiting;
  };
  tell();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", tell);
  });
}

/** Reloads this tab into the newer build. Other tabs go on with the build that they have. */
export function reloadIntoNewerVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
    once: true,
  });
  newerVersion.peek()?.postMessage("activate");
}
