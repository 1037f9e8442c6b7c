import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ErrorCode, isErrorCode } from "../../../shared/job/errors.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { CaptionsFeed } from "../../captions/captions-feed.ts";
import { CaptionsPanel } from "../../captions/captions-panel.tsx";
import { DownloadPanel } from "../../files/download-panel.tsx";
import { offer } from "../../files/save-target.ts";
import { PosterPanel } from "../../pictures/poster-panel.tsx";
import { PosterFrame } from "../../player/poster-frame.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { AccessPanel } from "../../ui/access-panel.tsx";
import { DetailsForm } from "../../ui/details-form.tsx";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { formatBytes, formatLength } from "../../ui/format.ts";
import { Announcement } from "../../ui/page-frame.tsx";
import { type Catalogue, type CatalogueVideo, UNDO_SECONDS } from "./catalogue.ts";

/**
 * A video of the catalogue.
 * @param own what its owner can do here; null for everybody else's
 */
export function VideoCard({ video, own }: { video: CatalogueVideo; own: Catalogue | null }) {
  const { id, title, state, durationTicks, bytesStored, createdAtMs, width, height } = video;
  const { visibility } = video;
  const problem = own?.problemOf(id) ?? null;
  const isThere = state === "ready" || state === "planned";
  const picture = (
    <>
      <span class="video-poster">
        {state === "ready" ? (
          <PosterFrame
            masterUrl={`/v/${id}/master.m3u8`}
            ownerToken={ownerTokenOf(id)}
            poster={video.poster ?? null}
          />
        ) : (
          <span class="video-state">{STATES[state] ?? state}</span>
        )}
      </span>
      <h3 class="video-title">{title}</h3>
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
        {own !== null && ` · ${FOUND_BY[visibility]}`}
        {own !== null && state === "ready" && ` · ${playsText(video.plays ?? 0)}`}
      </p>
      {own !== null && state === "planned" && (
        <p class="hint">
          Its tab makes it. Where that is closed, <a href="/">go on with it</a>.
        </p>
      )}
      {problem !== null && <InlineError error={problem} />}
      {own !== null && state === "ready" && <Downloads video={video} own={own} />}
      {own !== null && isThere && <ChangePanel video={video} own={own} />}
      {own !== null && (
        <div class="actions">
          {state === "ready" && own.hasServers && <Mp4Action video={video} catalogue={own} />}
          {state === "planned" ? (
            <CancelAction name={title} onCancel={() => own.removeNow(id)} />
          ) : (
            <DeleteAction name={title} id={id} catalogue={own} />
          )}
        </div>
      )}
    </li>
  );
}

/** Files of it, made here. */
function Downloads({ video: { id, title }, own }: { video: CatalogueVideo; own: Catalogue }) {
  const isOpen = useSignal(false);
  return (
    <details
      class="details"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary aria-label={`Download ${title}`}>Download</summary>
      {isOpen.value && (
        <DownloadPanel
          title={title}
          masterUrl={`/v/${id}/master.m3u8`}
          ownerToken={ownerTokenOf(id)}
          read={() => own.files(id)}
        />
      )}
    </details>
  );
}

/** What is said of the video, and who can watch it. */
function ChangePanel({ video, own }: { video: CatalogueVideo; own: Catalogue }) {
  const { id } = video;
  const isOpen = useSignal(false);
  return (
    <details
      class="details"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary aria-label={`Change ${video.title}`}>Change</summary>
      {isOpen.value && (
        <div class="form">
          <DetailsForm details={video} onSave={(patch) => own.change(id, patch)} />
          <AccessPanel
            access={{
              visibility: video.visibility,
              hasPassphrase: video.hasPassphrase === true,
            }}
            actions={{
              change: (patch) => own.change(id, patch),
              link: (minutes) => own.link(id, minutes),
              withdrawLinks: () => own.withdrawLinks(id),
            }}
          />
          <PosterPanel
            masterUrl={`/v/${id}/master.m3u8`}
            ownerToken={ownerTokenOf(id)}
            poster={video.poster ?? null}
            save={(jpeg, source) => own.savePoster(id, jpeg, source)}
          />
          <OwnCaptions video={video} own={own} />
        </div>
      )}
    </details>
  );
}

function OwnCaptions({ video: { id, state }, own }: { video: CatalogueVideo; own: Catalogue }) {
  const feed = useSignal<CaptionsFeed | null>(null);
  useEffect(() => {
    const ends = new AbortController();
    feed.value = own.captions(id, state === "planned", ends.signal);
    return () => ends.abort();
  }, [id]);
  return feed.value && <CaptionsPanel feed={feed.value} />;
}

function playsText(plays: number): string {
  return plays === 1 ? "watched once" : `watched ${plays} times`;
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
  const { id, title, visibility } = video;
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
            void catalogue.fetchMp4(id, url).then((file) => file && offer(file, `${title}.mp4`));
          }}
        >
          Download MP4{size}
        </a>
        <Announcement text={`The MP4 of ${title} is ready.`} />
      </>
    );
  }
  return (
    <button
      type="button"
      class="button"
      aria-label={isMaking ? `Making the MP4 of ${title}` : `Make an MP4 of ${title}`}
      aria-disabled={isMaking}
      onClick={() => isMaking || catalogue.makeMp4(id)}
    >
      {isMaking ? "Making the MP4…" : "Make an MP4"}
    </button>
  );
}

/** Deletes with time to undo. The first button becomes the one that keeps: a double click does no harm. */
function DeleteAction({ name, id, catalogue }: { name: string; id: string; catalogue: Catalogue }) {
  const leaves = catalogue.isLeaving(id);
  return (
    <TwoSteps
      first={leaves ? "Keep" : "Delete"}
      last="Delete for good"
      labels={{ first: `${leaves ? "Keep" : "Delete"} ${name}`, last: `Delete ${name} for good` }}
      isAsking={leaves}
      hint={`It is deleted in ${UNDO_SECONDS} seconds.`}
      onFirst={() => (leaves ? catalogue.undo(id) : catalogue.removeSoon(id))}
      onLast={() => void catalogue.removeNow(id)}
    />
  );
}

/** Asks once more before it cancels what is being made, which deletes it. */
function CancelAction({ name, onCancel }: { name: string; onCancel(): void }) {
  const isAsking = useSignal(false);
  const ask = isAsking.value;
  return (
    <TwoSteps
      first={ask ? "Keep" : "Cancel"}
      last="Cancel and delete"
      labels={{ first: `${ask ? "Keep" : "Cancel"} ${name}`, last: `Cancel and delete ${name}` }}
      isAsking={ask}
      hint=""
      onFirst={() => {
        isAsking.value = !ask;
      }}
      onLast={onCancel}
    />
  );
}

interface TwoStepsProps {
  first: string;
  last: string;
  /** With the video's name. */
  labels: { first: string; last: string };
  isAsking: boolean;
  /** Shown while it asks; empty for none. */
  hint: string;
  onFirst(): void;
  onLast(): void;
}

function TwoSteps({ first, last, labels, isAsking, hint, onFirst, onLast }: TwoStepsProps) {
  return (
    <>
      <button type="button" class="button" aria-label={labels.first} onClick={onFirst}>
        {first}
      </button>
      {isAsking && (
        <button
          type="button"
          class="button button-danger"
          aria-label={labels.last}
          onClick={onLast}
        >
          {last}
        </button>
      )}
      {isAsking && hint !== "" && <span class="hint">{hint}</span>}
      <Announcement text={isAsking ? `${hint} ${labels.first}, or ${last.toLowerCase()}?` : ""} />
    </>
  );
}
