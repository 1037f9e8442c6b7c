import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import {
  type ErrorCode,
  isErrorCode,
  toWireError,
  type WireError,
} from "../../../shared/job/errors.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { CaptionsFeed } from "../../captions/captions-feed.ts";
import { CaptionsPanel } from "../../captions/captions-panel.tsx";
import { DownloadFold } from "../../files/download-fold.tsx";
import { DownloadPanel } from "../../files/download-panel.tsx";
import { OriginalPanel } from "../../files/original-panel.tsx";
import { offer } from "../../files/save-target.ts";
import { PosterPanel } from "../../pictures/poster-panel.tsx";
import { PosterFrame } from "../../player/poster-frame.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { AccessPanel } from "../../ui/access-panel.tsx";
import { DetailsForm } from "../../ui/details-form.tsx";
import { errorText } from "../../ui/error-texts.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { formatBytes, formatDate, formatLength } from "../../ui/format.ts";
import { Announcement } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import { type Catalogue, type CatalogueVideo, UNDO_SECONDS } from "./catalogue.ts";

/**
 * Card of a video in the catalogue.
 * @param own the owner's actions; null for videos of others
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
          <span class="video-state">{stateText(state)}</span>
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
        <time dateTime={new Date(createdAtMs).toISOString()}>{formatDate(createdAtMs)}</time>
        {own !== null && ` · ${t(FOUND_BY[visibility])}`}
        {own !== null && state === "ready" && ` · ${playsText(video.plays ?? 0)}`}
      </p>
      {own !== null && state === "planned" && (
        <p class="hint">
          {rich("videos.itsTabMakesItWhere", { link: (inside) => <a href="/">{inside}</a> })}
        </p>
      )}
      {video.replacement != null && <p class="hint">{t("videos.beingReplaced")}</p>}
      {problem !== null && <InlineError error={problem} />}
      {own !== null && state === "ready" && <Downloads video={video} own={own} />}
      {own !== null && isThere && <ChangePanel video={video} own={own} />}
      {own !== null && (
        <div class="actions">
          {state === "ready" && own.hasServers && <Mp4Action video={video} catalogue={own} />}
          {state === "ready" && (
            <a class="button" href={`/?replace=${id}`} aria-label={t("videos.replace2", { title })}>
              {t("videos.replace")}
            </a>
          )}
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

/** Downloads of the video, made in this page. */
function Downloads({ video, own }: { video: CatalogueVideo; own: Catalogue }) {
  const { id, title } = video;
  return (
    <DownloadFold label={t("videos.download2", { title })}>
      {() => (
        <>
          <DownloadPanel
            title={title}
            masterUrl={`/v/${id}/master.m3u8`}
            ownerToken={ownerTokenOf(id)}
            read={() => own.files(id)}
          />
          <FileRights video={video} own={own} />
        </>
      )}
    </DownloadFold>
  );
}

/** The original, and switches for what others may download. */
function FileRights({ video, own }: { video: CatalogueVideo; own: Catalogue }) {
  const { id, name, original = null, downloads = false, originalForAll = false } = video;
  const problem = useSignal<WireError | null>(null);
  const right = (label: Key, patch: "downloads" | "originalForAll", isOn: boolean) => (
    <label class="switch">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => {
          own.change(id, { [patch]: event.currentTarget.checked }).catch((thrown: unknown) => {
            problem.value = toWireError(thrown);
          });
        }}
      />
      <span>{t(label)}</span>
    </label>
  );
  return (
    <>
      {right("files.rights.downloads", "downloads", downloads)}
      {right("files.rights.original", "originalForAll", originalForAll)}
      {problem.value !== null && <InlineError error={problem.value} />}
      <OriginalPanel
        videoId={id}
        ownerToken={ownerTokenOf(id) ?? ""}
        original={original}
        file={null}
        name={name}
        keep={(file, options) => own.keepOriginal(id, file, options)}
        remove={() => own.deleteOriginal(id)}
      />
    </>
  );
}

/** Panel for the video's details, and for who can watch it. */
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
      <summary aria-label={t("videos.change2", { title: video.title })}>
        {t("videos.change")}
      </summary>
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
  return t("videos.watchedTimes", { plays });
}

const FOUND_BY: Record<Visibility, Key> = {
  unlisted: "videos.forPeopleWithTheLink",
  listed: "videos.listedHereForEverybody",
  private: "videos.forYouAlone",
};

const STATES: Partial<Record<string, Key>> = {
  planned: "videos.beingMade",
  failed: "videos.failed",
  cancelled: "videos.cancelled",
};

function stateText(state: string): string {
  const key = STATES[state];
  return key === undefined ? state : t(key);
}

function reasonOf({ errorCode }: CatalogueVideo): string {
  const code: ErrorCode = isErrorCode(errorCode) ? errorCode : "INTERNAL";
  return errorText(code).title;
}

function Mp4Action({ video, catalogue }: { video: CatalogueVideo; catalogue: Catalogue }) {
  const { id, title, visibility } = video;
  const status = catalogue.mp4Of(id);
  const isMaking = status?.state === "making";
  const url = status?.state === "ready" ? status.url : null;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // The link replaces the button that was pressed, and takes its focus.
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
          {t("videos.downloadMp4", { size })}
        </a>
        <Announcement text={t("videos.theMp4OfIsReady", { title })} />
      </>
    );
  }
  return (
    <button
      type="button"
      class="button"
      aria-label={
        isMaking ? t("videos.makingTheMp4Of", { title }) : t("videos.makeAnMp4Of", { title })
      }
      aria-disabled={isMaking}
      onClick={() => isMaking || catalogue.makeMp4(id)}
    >
      {isMaking ? t("videos.makingTheMp4") : t("videos.makeAnMp4")}
    </button>
  );
}

/** Deletes with time to undo. The first button becomes the one that keeps the video, so a double click does no harm. */
function DeleteAction({ name, id, catalogue }: { name: string; id: string; catalogue: Catalogue }) {
  const leaves = catalogue.isLeaving(id);
  return (
    <TwoSteps
      first={leaves ? t("videos.keep") : t("videos.delete")}
      last={t("videos.forGood")}
      labels={{
        first: `${leaves ? t("videos.keep") : t("videos.delete")} ${name}`,
        last: t("videos.deleteForGood", { name }),
      }}
      isAsking={leaves}
      hint={t("videos.itIsDeletedInSeconds", { seconds: UNDO_SECONDS })}
      onFirst={() => (leaves ? catalogue.undo(id) : catalogue.removeSoon(id))}
      onLast={() => void catalogue.removeNow(id)}
    />
  );
}

/** Cancels a video that is being made, which deletes it; asks first. */
function CancelAction({ name, onCancel }: { name: string; onCancel(): void }) {
  const isAsking = useSignal(false);
  const ask = isAsking.value;
  return (
    <TwoSteps
      first={ask ? t("videos.keep") : t("videos.cancel")}
      last={t("videos.cancelAndDeleteIt")}
      labels={{
        first: `${ask ? t("videos.keep") : t("videos.cancel")} ${name}`,
        last: t("videos.cancelAndDelete", { name }),
      }}
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
  /** Labels for screen readers, with the video's name. */
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
      <Announcement
        text={
          isAsking ? t("videos.or", { hint, first: labels.first, last: last.toLowerCase() }) : ""
        }
      />
    </>
  );
}
