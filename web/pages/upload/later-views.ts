import { signal } from "@preact/signals";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadMoreWords } from "../../words/words.ts";

/** The views, or why they are not loaded yet. */
export type LaterViews =
  | { state: "coming" }
  | ({ state: "here" } & Pick<typeof import("./phase-view.tsx"), "PhaseView" | "Tray">)
  /** There is no network; the views load once it is back. */
  | { state: "offline" }
  /** The views could not be loaded; most likely the site has a newer build. */
  | { state: "missing" };

/** Everything that the page shows once there is a file or a job. The start page does not need it. */
export const laterViews = signal<LaterViews>({ state: "coming" });

let loading: Promise<void> | undefined;

/** Loads the views and their words once: when a file is about to be picked, or when there is something to show. */
export function loadLaterViews(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  // Waits for the network first, because browsers may remember that a script failed to load.
  while (!navigator.onLine) {
    laterViews.value = { state: "offline" };
    await new Promise((resolve) => self.addEventListener("online", resolve, { once: true }));
    laterViews.value = { state: "coming" };
  }
  try {
    const [{ PhaseView, Tray }] = await Promise.all([
      import("./phase-view.tsx"),
      loadMoreWords(PAGE_WORDS.uploadLater),
    ]);
    laterViews.value = { state: "here", PhaseView, Tray };
  } catch (cause) {
    console.warn("A part of the page could not be loaded:", cause);
    laterViews.value = { state: "missing" };
  }
}
