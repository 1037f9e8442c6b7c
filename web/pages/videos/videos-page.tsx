import "../../ui/style.css";
import "./videos.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ErrorCode, isErrorCode } from "../../../shared/job/errors.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import { PosterFrame } from "../../player/poster-frame.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { formatBytes, formatLength } from "../../ui/format.ts";
import { Announcement, PageFrame } from "../../ui/page-frame.tsx";
import type { Catalogue, CatalogueVideo } from "./catalogue.ts";

/** What this browser made, and what others have listed on this site. */
export function VideosPage({ catalogue }: { catalogue: Catalogue }) {
  const { videos, problem, deleted } = catalogue;
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const isLoading = videos === null && problem === null;
  // The focus goes on where a button went away with what it was for.
  useEffect(() => {
    if (deleted !== null) heading.current?.focus();
  }, [deleted]);
  const showMore = async () => {
    const shown = videos?.length ?? 0;
    await catalogue.more();
    list.current?.children[shown]?.querySelector<HTMLElement>("a, button")?.focus();
  };
  return (
    <PageFrame>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          Videos
        </h1>
      </div>
      <Announcement text={deleted === null ? "" : `${deleted} was deleted.`} />
      {isLoading && <p role="status">Loading…</p>}
      {videos?.length === 0 && (
        <p>
          There is no video here yet. <a href="/">Make the first one.</a>
        </p>
      )}
      <ul class="videos" ref={list}>
        {videos?.map((video) => (
          <VideoCard key={video.id} video={video} catalogue={catalogue} />
        ))}
      </ul>
      {problem !== null && <InlineError error={problem} />}
      {(catalogue.hasMore || problem !== null) && (
        <button type="button" class="button" onClick={showMore}>
          {problem === null ? "Show more" : "Try again"}
        </button>
      )}
    </PageFrame>
  );
}

function VideoCard({ video, catalogue }: { video: CatalogueVideo; catalogue: Catalogue }) {
  const { id, name, state, durationTicks, bytesStored, createdAtMs, width, height } = video;
  const { visibility } = video;
  const problem = catalogue.problemOf(id);
  const isThere = state === "ready" || state === "planned";
  const picture = (
    <>
      <span class="video-poster">
        {state === "ready" ? (
          <PosterFrame masterUrl={`/v/${id}/master.m3u8`} ownerToken={ownerTokenOf(id)} />
        ) : (
          <span class="video-state">{STATES[state] ?? state}</span>
        )}
      </span>
      <h2 class="video-title">{name}</h2>
    </>
  );
  return (
    <li class="card video-card">
      {isThere ? (
        <a class="video-link" href={`/watch/${id}`}>
          {picture}
        </a>
      ) : (
        <div class="video-link">{picture}</div>
      )}
      {state === "failed" && <p class="video-reason">{reasonOf(video)}</p>}
      <p class="hint">
        {durationTicks > 0 && `${formatLength(durationTicks)} · `}
        {width}×{height}
        {bytesStored > 0 && ` · ${formatBytes(bytesStored)}`} ·{" "}
        <time dateTime={new Date(createdAtMs).toISOString()}>
          {new Date(createdAtMs).toLocaleDateString()}
        </time>
        {catalogue.isOwned(id) && ` · ${FOUND_BY[visibility]}`}
      </p>
      {problem !== null && <InlineError error={problem} />}
      <div class="actions">
        {state === "ready" && catalogue.hasServers && catalogue.isOwned(id) && (
          <Mp4Action video={video} catalogue={catalogue} />
        )}
        {catalogue.isOwned(id) && (
          <DeleteAction
            name={name}
            isMade={state !== "planned"}
            onDelete={() => catalogue.remove(video)}
          />
        )}
      </div>
    </li>
  );
}

const FOUND_BY: Record<Visibility, string> = {
  unlisted: "For people with the link",
  listed: "Listed here for everybody",
  private: "For you alone",
};

const STATES: Record<string, string> = {
  planned: "Being made",
  failed: "Failed",
  cancelled: "Cancelled",
};

function reasonOf({ errorCode }: CatalogueVideo): string {
  const code: ErrorCode = isErrorCode(errorCode) ? errorCode : "INTERNAL";
  return ERROR_TEXTS[code].title;
}

function Mp4Action({ video, catalogue }: { video: CatalogueVideo; catalogue: Catalogue }) {
  const { id, name, visibility } = video;
  const status = catalogue.mp4Of(id);
  const isMaking = status?.state === "making";
  const url = status?.state === "ready" ? status.url : null;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // It takes the place of the button that was pressed, and its focus.
    if (url !== null && document.activeElement === document.body) link.current?.focus();
  }, [url]);
  if (url !== null) {
    const size = status?.sizeBytes == null ? "" : ` (${formatBytes(status.sizeBytes)})`;
    return (
      <>
        <a
          ref={link}
          class="button"
          href={url}
          download
          onClick={(event) => {
            if (visibility !== "private") return;
            event.preventDefault();
            void catalogue.fetchMp4(id, url).then((file) => file && saveAs(file, name));
          }}
        >
          Download MP4{size}
        </a>
        <Announcement text={`The MP4 of ${name} is ready.`} />
      </>
    );
  }
  return (
    <button
      type="button"
      class="button"
      aria-label={isMaking ? `Making the MP4 of ${name}` : `Make an MP4 of ${name}`}
      aria-disabled={isMaking}
      onClick={() => isMaking || catalogue.makeMp4(id)}
    >
      {isMaking ? "Making the MP4…" : "Make an MP4"}
    </button>
  );
}

/** Puts a file of this page among the person's downloads. */
function saveAs(file: Blob, videoName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${videoName.replace(/\.\w{1,5}$/, "")}.mp4`;
  link.click();
  // The browser takes it up after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Asks once more. The first button becomes the one that keeps: a double click does no harm. */
function DeleteAction({
  name,
  isMade,
  onDelete,
}: {
  name: string;
  /** What is still being made is cancelled first. */
  isMade: boolean;
  onDelete(): void;
}) {
  const isAsking = useSignal(false);
  const ask = isAsking.value;
  const first = isMade ? "Delete" : "Cancel";
  const last = isMade ? "Delete for good" : "Cancel and delete";
  return (
    <>
      <button
        type="button"
        class="button"
        aria-label={ask ? `Keep ${name}` : `${first} ${name}`}
        onClick={() => {
          isAsking.value = !ask;
        }}
      >
        {ask ? "Keep" : first}
      </button>
      {ask && (
        <button
          type="button"
          class="button button-danger"
          aria-label={isMade ? `Delete ${name} for good` : `Cancel and delete ${name}`}
          onClick={onDelete}
        >
          {last}
        </button>
      )}
      <Announcement text={ask ? `Keep ${name}, or ${last.toLowerCase()}?` : ""} />
    </>
  );
}
