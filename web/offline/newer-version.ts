import { signal } from "@preact/signals";

/** A newer build of the page is there, and waits to be asked for. */
export const newerVersion = signal<ServiceWorker | null>(null);

const LOOK_AGAIN_MS = 60 * 60 * 1000;

/**
 * Has the browser keep the page for times without a network. In builds alone: a page in development changes with
 * every key. Never fails: without it, the page needs the network.
 */
export async function keepForOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    // What the page itself needs comes first.
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
    // Without a controller this is the first one, and nothing is older.
    if (navigator.serviceWorker.controller !== null) newerVersion.value = registration.waiting;
  };
  tell();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", tell);
  });
}

/** Of this tab alone; others go on with the version that they have. */
export function reloadIntoNewerVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
    once: true,
  });
  newerVersion.peek()?.postMessage("activate");
}
