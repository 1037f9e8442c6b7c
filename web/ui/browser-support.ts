/** What a page is for; each needs other things of a browser. */
type Purpose = "upload" | "contribute" | "watch" | "videos" | "admin";

/** What a browser without something can still do, by what the page is for. */
const REMEDIES: Record<Purpose, string> = {
  upload: "Update it, or open this page in another browser.",
  contribute: "Update it, or open the link in another browser to help.",
  watch: "Update it, or open the video's address in a player such as VLC:",
  videos: "Update it, or open this page in another browser.",
  admin: "Update it, or open this page in another browser.",
};

/**
 * The first call of a page's entry. Where the browser lacks what the page needs, it says so in one
 * sentence in the page's place, with what the person can do.
 *
 * @throws Error then, which ends the entry
 */
export function requireBrowser(purpose: Purpose): void {
  const lack = findLack(purpose);
  if (lack === null) return;
  const main = document.createElement("main");
  main.className = "unsupported";
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.textContent = `${lack} ${REMEDIES[purpose]}`;
  main.append(sentence);
  if (purpose === "watch") main.append(streamLink());
  document.getElementById("page")?.replaceChildren(main);
  throw new Error(lack);
}

function findLack(purpose: Purpose): string | null {
  const isOld =
    typeof Promise.withResolvers !== "function" ||
    typeof AbortSignal.any !== "function" ||
    typeof AbortSignal.timeout !== "function";
  if (isOld) return "This browser is too old for this page.";
  if (purpose === "upload" || purpose === "contribute") {
    if (typeof Worker === "undefined" || !hasModuleWorkers()) {
      return "This browser cannot work on a video in the background.";
    }
  }
  return null;
}

/** A browser that has them reads the option `type`; the worker itself is empty. */
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
