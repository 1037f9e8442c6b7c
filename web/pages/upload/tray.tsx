import "./tray.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { OwnerState } from "../../owner/owner-api.ts";
import type { TrayEntry } from "../../saved/tray-entry.ts";
import { FilmIcon } from "../../ui/icons.tsx";
import { Announcement } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";
import { chooseFiles, type PickedFile } from "./source-file.ts";
import { thumbnailOf } from "./thumbnail.ts";
import { entrySentence, entryShare } from "./tray-sentence.ts";
import type { UploadQueue } from "./upload-queue.ts";

/** The members of the queue that the tray uses. */
export type TrayView = Pick<
  UploadQueue,
  | "entries"
  | "currentId"
  | "unshared"
  | "withoutFile"
  | "fileOf"
  | "shareWaiting"
  | "move"
  | "remove"
  | "retry"
  | "clearOver"
  | "reopenFiles"
>;

/** List of several videos with a bar and a sentence for each. Not shown for a single video. */
export function Tray({
  queue,
  state,
  visibility,
  onPause,
  onFiles,
}: {
  queue: TrayView;
  /** State of the video that the session is working on. */
  state: OwnerState;
  /** Visibility of videos that are shared from this list. */
  visibility: "unlisted" | "listed" | "private";
  onPause(on: boolean): void;
  onFiles(picked: PickedFile[]): void;
}) {
  const entries = queue.entries.value;
  const moved = useSignal("");
  useFocusBeside(entries.length);
  if (entries.length < 2) return null;
  const move = (id: string, by: 1 | -1) => {
    queue.move(id, by);
    const { length } = queue.entries.value;
    const at = queue.entries.value.findIndex((entry) => entry.id === id);
    const name = queue.entries.value[at]?.name ?? "";
    moved.value = t("upload.tray.moved", { name, place: at + 1, count: length });
  };
  const ready = entries.filter((entry) => entry.state === "ready").length;
  const isOver = entries.every((entry) => ["ready", "cancelled"].includes(entry.state));
  const unshared = queue.unshared.length;
  const isChoosing = state.phase === "inspected" || state.phase === "inspecting";
  return (
    <section class="card tray" aria-labelledby="tray-title">
      <div class="card-head">
        <h2 id="tray-title" class="card-title">
          {t("ui.videosCounted", { count: entries.length })}
        </h2>
        <span class="hint">
          {t("upload.tray.ready", {
            ready,
            all: entries.length,
            allReady: ready === entries.length ? "yes" : "no",
          })}
        </span>
      </div>
      <ol class="tray-list">
        {entries.map((entry) => (
          <Entry
            key={entry.id}
            entry={entry}
            queue={queue}
            state={entry.id === queue.currentId.value ? state : null}
            onPause={onPause}
            onMove={(by) => move(entry.id, by)}
          />
        ))}
      </ol>
      <Announcement text={moved.value} />
      <div class="actions">
        {unshared > 0 && !isChoosing && (
          <button
            type="button"
            class="button button-primary"
            onClick={() => queue.shareWaiting(visibility)}
          >
            {t("upload.tray.share", { count: unshared })}
          </button>
        )}
        <AddVideos text={t("upload.tray.add")} onFiles={onFiles} />
        {queue.withoutFile.some(({ handle }) => handle !== null) && (
          <button type="button" class="button" onClick={() => void queue.reopenFiles()}>
            {t("upload.tray.reopen")}
          </button>
        )}
        {isOver && (
          <button type="button" class="button" onClick={() => queue.clearOver()}>
            {t("upload.tray.clear")}
          </button>
        )}
      </div>
      {queue.withoutFile.length > 0 && <p class="hint">{t("upload.tray.withoutFile")}</p>}
    </section>
  );
}

/** Where the removed entry had the focus, moves it to the list's heading, or to the page's heading. */
function useFocusBeside(count: number): void {
  const before = useRef(count);
  useEffect(() => {
    const isFewer = count < before.current;
    before.current = count;
    if (!isFewer || document.activeElement !== document.body) return;
    const heading = document.querySelector<HTMLElement>("#tray-title, main h1");
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus();
  }, [count]);
}

/** Button that opens the picker for further videos, whatever is at work. */
export function AddVideos({
  text,
  onFiles,
}: {
  text: string;
  onFiles(picked: PickedFile[]): void;
}) {
  const add = async () => {
    const picked = await chooseFiles().catch(() => null);
    if (picked !== null && picked.length > 0) onFiles(picked);
  };
  return (
    <button type="button" class="button" onClick={() => void add()}>
      {text}
    </button>
  );
}

function Entry({
  entry,
  queue,
  state,
  onPause,
  onMove,
}: {
  entry: TrayEntry;
  queue: TrayView;
  /** Null where the session is not working on this video. */
  state: OwnerState | null;
  onPause(on: boolean): void;
  /** @param by number of places among the waiting entries */
  onMove(by: 1 | -1): void;
}) {
  const { id, name, watchUrl } = entry;
  const waiting = queue.entries.value.filter((each) => each.state === "waiting");
  const place = waiting.findIndex((each) => each.id === id);
  const file = queue.fileOf(id);
  const isRunning = state?.phase === "running";
  const isPaused = isRunning && state.work.paused;
  const sentence = entrySentence(entry, state, {
    hasFile: file !== null,
    isNext: place === 0,
  });
  // A button without effect stays in the page, or the focus on it would be lost.
  const action = (text: string, act: () => void, isOff = false) => (
    <button
      type="button"
      class="button button-quiet"
      aria-disabled={isOff}
      onClick={isOff ? undefined : act}
    >
      {text}
      <span class="visually-hidden"> {name}</span>
    </button>
  );
  return (
    <li class={`tray-entry is-${entry.state}`} aria-current={state === null ? undefined : "true"}>
      <Thumbnail file={file} />
      <div class="tray-text">
        <p class="tray-name" dir="auto">
          {name}
        </p>
        <progress class="bar" max={1} value={entryShare(entry, state)} aria-label={name} />
        <p class="hint">{sentence}</p>
      </div>
      <div class="tray-actions">
        {isRunning &&
          action(isPaused ? t("upload.tray.resume") : t("upload.tray.pause"), () =>
            onPause(!isPaused),
          )}
        {place >= 0 && waiting.length > 1 && (
          <>
            {action(t("upload.tray.up"), () => onMove(-1), place === 0)}
            {action(t("upload.tray.down"), () => onMove(1), place === waiting.length - 1)}
          </>
        )}
        {watchUrl !== null && (entry.state === "ready" || entry.state === "working") && (
          <a class="button button-quiet" href={watchUrl} target="_blank" rel="noreferrer">
            {t("upload.tray.watch")}
            <span class="visually-hidden"> {name}</span>
          </a>
        )}
        {(entry.state === "failed" || entry.state === "cancelled") &&
          action(t("upload.tray.retry"), () => queue.retry(id), file === null)}
        {action(
          entry.state === "working" ? t("upload.tray.cancel") : t("upload.tray.remove"),
          () => void queue.remove(id),
        )}
      </div>
    </li>
  );
}

function Thumbnail({ file }: { file: File | null }) {
  const url = useSignal<string | null>(null);
  useEffect(() => {
    let isStill = true;
    if (file !== null) {
      void thumbnailOf(file).then((made) => {
        if (isStill) url.value = made;
      });
    }
    return () => {
      isStill = false;
    };
  }, [file, url]);
  return (
    <span class="tray-picture">
      {url.value === null ? <FilmIcon /> : <img src={url.value} alt="" />}
    </span>
  );
}
