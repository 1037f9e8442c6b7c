import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { REAL_CLOCK } from "../../../shared/clock.ts";
import { rangeOf, type TrimRange } from "../../../shared/job/trim-range.ts";
import { audioKilobits } from "../../../shared/plan/audio-choice.ts";
import { type LadderRung, parseLadder } from "../../../shared/plan/rungs.ts";
import { parseTimeText } from "../../../shared/time-text.ts";
import { deferredCalls } from "../../deferred-calls.ts";
import { onOpenedFiles, sharedFiles } from "../../offline/given-files.ts";
import { keepForOffline } from "../../offline/newer-version.ts";
import type { OwnerOptions, OwnerState } from "../../owner/owner-api.ts";
import { Cancellations } from "../../saved/cancellations.ts";
import { openResumeStore } from "../../saved/resume-store.ts";
import { savedSiteToken, saveSiteToken, takeGivenToken } from "../../saved/site-token.ts";
import { openTrayStore } from "../../saved/tray-store.ts";
import { keptChoices } from "../../saved/upload-choices.ts";
import { requireBrowser, showLack } from "../../ui/browser-support.ts";
import { deviceFacts } from "../../ui/device.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { stayAwakeWhile } from "../../ui/stay-awake.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords, t } from "../../words/words.ts";
import { connectOwner } from "./connect-owner.ts";
import { learnFrom } from "./forecast.ts";
import { KeyQuestion } from "./key-question.tsx";
import { loadLaterViews } from "./later-views.ts";
import { OfflineNotes } from "./offline-notes.tsx";
import { Replacing, ReplacingNote } from "./replacing.tsx";
import { type ShownState, shownState } from "./shown-state.ts";
import type { PickedFile } from "./source-file.ts";
import { showInTab } from "./tab-progress.ts";
import { tellIfWished } from "./tell-when-ready.tsx";
import { UploadPage } from "./upload-page.tsx";
import { UploadQueue } from "./upload-queue.ts";
import { UploadSession } from "./upload-session.ts";

const SAMPLE_URL = "/sample.mp4";

declare global {
  /** The page's state, for programs that drive the page (tests, the headless driver). */
  var tributary: {
    readonly state: ShownState;
    /** Resolves when the page has looked for a job of an earlier visit and, where there was one, taken it up. */
    readonly opened: Promise<void>;
  };
  /** Set by a driver. Not a parameter of the address, because anybody's link could then switch the checks off. */
  var tributaryChecking: OwnerOptions["checking"];
}

const words = loadWords(PAGE_WORDS.upload);
requireBrowser("upload", words);

const query = new URLSearchParams(location.search);
/** Whether the page is in a frame of another site (`frame-entry.ts`). */
const isFramed = "framed" in document.documentElement.dataset;
const isShared = query.has("shared");
// A reload must not ask for the shared files again.
if (isShared) history.replaceState(null, "", location.pathname);
const givenKey = takeGivenToken();
// In a frame the token belongs to the visitor and expires, so it is not saved.
const savedKey = isFramed ? null : savedSiteToken();
if (!isFramed && savedKey === null && givenKey !== null) saveSiteToken(givenKey);
/** A key in the address that differs from the saved one, until the person has chosen between them. */
const otherKey = signal(savedKey !== null && givenKey !== savedKey ? givenKey : null);
const client = deferredCalls(
  async () => new (await import("../../edge-client.ts")).EdgeClient(location.origin),
  [
    ...(["site", "video", "changeVideo", "deleteVideo", "linkVideo", "withdrawLinks"] as const),
    ...(["addCaptions", "savePoster", "jobStatus", "cancelJob"] as const),
  ],
);
const cancellations = new Cancellations(client, REAL_CLOCK);
const replacing = new Replacing();
export const session = new UploadSession({
  connect: connectOwner,
  client,
  store: openResumeStore(),
  cancellations,
  options: optionsOf(query),
  ladder: ladderOf(query.get("ladder")),
  trim: trimOf(query),
  replacing,
});
const queue = new UploadQueue(session, openTrayStore());
globalThis.tributary = {
  get state() {
    return shownState(session.state.value, session.actions.problem.value);
  },
  opened: queue.open(),
};

function AskForKey() {
  const key = otherKey.value;
  if (key === null) return null;
  const done = () => {
    otherKey.value = null;
  };
  const replace = () => {
    saveSiteToken(key);
    void session.making.useKey(key);
    done();
  };
  return <KeyQuestion onKeep={done} onReplace={replace} />;
}

/** Whether another app shared a file into the page and it did not arrive. */
const isShareLost = signal(false);

function Notices() {
  return (
    <>
      <OfflineNotes />
      <AskForKey />
      <ReplacingNote replacing={replacing} isReady={session.state.value.phase === "ready"} />
      {isShareLost.value && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p role="status">{t("upload.instead.share")}</p>
        </Note>
      )}
    </>
  );
}

await words;
const lacksEngine = !("WebAssembly" in globalThis);
if (lacksEngine && (await client.site().catch(() => null))?.servers === false) {
  showLack("upload", "ui.lack.engine");
  throw new Error("Nothing can encode here.");
}
render(
  <UploadPage
    session={session}
    queue={queue}
    loadSample={loadSample}
    notice={<Notices />}
    byServers={lacksEngine}
  />,
  document.getElementById("page") as HTMLElement,
);
effect(() => {
  if (session.state.value.phase !== "idle" || queue.entries.value.length > 0) {
    void loadLaterViews();
  }
});
effect(() => showInTab(session.state.value));
effect(() => {
  const state = session.state.value;
  if (state.phase !== "ready" || state.inspection === null || state.done.job === null) return;
  learnFrom(state.inspection, state.done.job);
});
let wasWorking = false;
effect(() => {
  const state = session.state.value;
  const isOver = state.phase === "ready" || state.phase === "failed";
  if (isOver && wasWorking) void tellIfWished(state.fileName ?? "", state.phase === "ready");
  wasWorking = state.phase === "running";
});
stayAwakeWhile(() => isNeeded(session.state.value), "tributary-making");
followAddress();
void replacing.open(client, query.get("replace"));

void takeGiven();
// A page in a frame of another site cannot be installed.
if (!isFramed) void keepForOffline();

void cancellations.resume();
window.addEventListener("online", () => cancellations.hurry());

window.addEventListener("beforeunload", (event) => {
  // The browser shows a question in its own words.
  if (isNeeded(session.state.value)) event.preventDefault();
});

/**
 * Keeps the job in the page's address as soon as it exists. A reload goes on with the job; on another device the
 * address shows the video, and so does a reload once the video is ready.
 */
function followAddress(): void {
  if (isFramed) return;
  const plain = location.search
    .slice(1)
    .split("&")
    .filter((each) => each !== "" && !each.startsWith("video="));
  const replace = plain.find((each) => each.startsWith("replace="));
  effect(() => {
    // A reload must not replace the video again.
    const isOver = replacing.begun.value !== null;
    const kept = isOver ? plain.filter((each) => each !== replace) : plain;
    const address = addressOf(session.state.value, kept);
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
  });
  const named = query.get("video");
  if (named === null) return;
  void globalThis.tributary.opened.then(() => {
    const isElsewhere = session.state.peek().phase === "idle" && queue.entries.peek().length === 0;
    if (isElsewhere) location.replace(`/watch/${encodeURIComponent(named)}`);
  });
}

/** @param plain the other parameters with which the page was opened */
function addressOf(state: OwnerState, plain: readonly string[]): string {
  if (state.phase === "ready") return new URL(state.address.watchUrl).pathname;
  const isNamed = state.phase === "running" || state.phase === "needs-file";
  const search = isNamed ? [...plain, `video=${state.address.jobId}`] : plain;
  return search.length === 0 ? "/" : `/?${search.join("&")}`;
}

/** Takes files that the system hands to the installed page. */
async function takeGiven(): Promise<void> {
  await globalThis.tributary.opened;
  onOpenedFiles((files) => queue.take(files));
  if (!isShared) return;
  const files = await sharedFiles();
  isShareLost.value = files.length === 0;
  if (files.length > 0) queue.take(files);
}

/** Whether the job could not go on without this tab. */
function isNeeded(state: OwnerState): boolean {
  if (state.phase === "starting") return true;
  return state.phase === "running" && state.work.job?.tasksNeedingSource !== 0;
}

/**
 * Options in the address, such as `?slots=2&engine=ffmpeg&audio-kbps=192&loudness=1`: for measurements, and for people
 * who want to keep some of their machine for other work.
 */
function optionsOf(query: URLSearchParams): OwnerOptions {
  const options: OwnerOptions = { device: deviceFacts() };
  const slots = Number(query.get("slots"));
  if (Number.isInteger(slots) && slots >= 1 && slots <= 64) options.slots = slots;
  const engine = query.get("engine");
  if (engine === "auto" || engine === "ffmpeg" || engine === "webcodecs" || engine === "server") {
    options.engine = engine;
  }
  const kept = keptChoices();
  if (options.engine === undefined && kept.engine !== undefined) options.engine = kept.engine;
  const kilobitsPerSecond = audioKilobits(query.get("audio-kbps")) ?? kept.audioKbps;
  const isOn = (text: string | null, before = false) => (text === null ? before : text === "1");
  const loudness = isOn(query.get("loudness"), kept.loudness);
  const surround = isOn(query.get("surround"), kept.surround);
  options.audio = { kilobitsPerSecond, loudness, surround };
  if (kept.verify !== undefined) options.checking = { verify: kept.verify, unverified: "wait" };
  if (globalThis.tributaryChecking) options.checking = globalThis.tributaryChecking;
  const createToken = savedKey ?? givenKey;
  if (createToken !== null) options.createToken = createToken;
  return options;
}

/** A ladder in the address, such as `480:1400,360:800`; null where it is missing or invalid. */
function ladderOf(text: string | null): LadderRung[] | null {
  if (text === null) return null;
  try {
    return parseLadder(text);
  } catch (error) {
    console.warn("The ladder in the address is not used:", error);
    return null;
  }
}

/** The part that is made, such as `from=3.2&to=21` in seconds; null where neither is given. */
function trimOf(query: URLSearchParams): TrimRange | null {
  const [startSeconds, endSeconds] = ["from", "to"].map((name) => {
    return parseTimeText(query.get(name) ?? "") ?? undefined;
  });
  if (startSeconds === undefined && endSeconds === undefined) return null;
  return rangeOf({
    ...(startSeconds !== undefined && { startSeconds }),
    ...(endSeconds !== undefined && { endSeconds }),
  });
}

/** @returns null where the sample could not be fetched */
async function loadSample(): Promise<PickedFile | null> {
  try {
    const response = await fetch(SAMPLE_URL, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) return null;
    const bytes = await response.blob();
    return { file: new File([bytes], "sample.mp4", { type: "video/mp4" }), handle: null };
  } catch {
    return null;
  }
}
