import { type Key, t } from "../words/words.ts";

/** Purposes of pages; each needs other features of the browser. */
type Purpose = "upload" | "contribute" | "pool" | "watch" | "videos" | "admin";

/** Advice for a browser that lacks a feature, by the page's purpose. */
const REMEDIES: Record<Purpose, Key> = {
  upload: "ui.remedy.page",
  contribute: "ui.remedy.contribute",
  pool: "ui.remedy.contribute",
  watch: "ui.remedy.watch",
  videos: "ui.remedy.page",
  admin: "ui.remedy.page",
};

/**
 * The first call of a page's entry. Where the browser lacks a feature that the page needs, a sentence takes the place
 * of the page, and says what the person can do.
 *
 * @param words resolves when the page's messages have loaded
 * @throws Error where a feature is missing, which ends the entry
 */
export function requireBrowser(purpose: Purpose, words: Promise<void>): void {
  const lack = findLack(purpose);
  if (lack === null) return;
  void words.then(() => showLack(purpose, lack));
  throw new Error(lack);
}

/** Sentences that already say what to do, so that no remedy is added. */
const WHOLE: readonly Key[] = ["ui.lack.https", "ui.lack.engine"];

/** Replaces the page with a sentence on what the browser lacks. */
export function showLack(purpose: Purpose, lack: Key): void {
  const main = document.createElement("main");
  main.className = "unsupported";
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.textContent = WHOLE.includes(lack) ? t(lack) : `${t(lack)} ${t(REMEDIES[purpose])}`;
  main.append(sentence);
  if (purpose === "watch") main.append(streamLink());
  document.getElementById("page")?.replaceChildren(main);
}

function findLack(purpose: Purpose): Key | null {
  const isOld =
    typeof Promise.withResolvers !== "function" ||
    typeof AbortSignal.any !== "function" ||
    typeof AbortSignal.timeout !== "function";
  if (isOld) return "ui.lack.old";
  // A member identifies itself by a key, and only secure pages have Web Crypto.
  if (purpose === "pool" && crypto.subtle === undefined) return "ui.lack.https";
  if (purpose === "upload" || purpose === "contribute" || purpose === "pool") {
    if (typeof Worker === "undefined" || !hasModuleWorkers()) {
      return "ui.lack.workers";
    }
  }
  return null;
}

/** Whether the browser has module workers: then it reads the option `type`. The tested worker is empty. */
function hasModuleWorkers(): boolean {
  let isRead = false;
  const options: WorkerOptions = {
    get type() {
      isRead = true;
      return "module" as const;
    },
  };
  const address = URL.createObjectURL(new Blob([], { type: "text/javascript" }));
  try {
    new Worker(address, options).terminate();
  } catch {
    return false;
  } finally {
    URL.revokeObjectURL(address);
  }
  return isRead;
}

function streamLink(): HTMLElement {
  const jobId = location.pathname.split("/")[2] ?? "";
  const link = document.createElement("a");
  link.href = `/v/${jobId}/master.m3u8`;
  link.textContent = link.href;
  return link;
}
