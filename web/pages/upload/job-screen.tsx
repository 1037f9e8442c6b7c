import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { embedCode } from "../../../shared/embed-code.ts";
import type { WireError } from "../../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import { PODCAST_PLAYLIST } from "../../../shared/playlist/names.ts";
import { titleOfFile } from "../../../shared/wire/details.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import { type CaptionsFeed, captionsFeed } from "../../captions/captions-feed.ts";
import { CaptionsPanel } from "../../captions/captions-panel.tsx";
import { EdgeClient } from "../../edge-client.ts";
import { OriginalPanel } from "../../files/original-panel.tsx";
import type {
  CaptionsCarried,
  Inspection,
  PicturesMade,
  ReadyState,
  RunningState,
  StartingState,
} from "../../owner/owner-api.ts";
import { Player } from "../../player/player.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { InlineError } from "../../ui/error-view.tsx";
import { formatBytes, formatSpeed, formatWait } from "../../ui/format.ts";
import { OpenIcon, WarningIcon } from "../../ui/icons.tsx";
import { noticeTexts } from "../../ui/notice-text.ts";
import { Note } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { rich, t } from "../../words/words.ts";
import { type DetailsActions, DetailsPanel } from "./details-panel.tsx";
import { LocalLinkNote } from "./local-link-note.tsx";
import { SegmentGrid } from "./segment-grid.tsx";
import { type ShareActions, SharePanel } from "./share-panel.tsx";
import type { PickedFile } from "./source-file.ts";
import { WorkPanel } from "./work-panel.tsx";

/**
 * A job from its start to its end. The player stays the same element throughout, so that who watches
 * is not interrupted when the work ends.
 */
export function JobScreen({
  state,
  file,
  keepsOriginal,
  cancelling,
  problem,
  onServers,
  onPause,
  onFiles,
  onCancel,
  onAnother,
  shareActions,
  detailsActions,
}: {
  /** That the video is made from; null where the page has none at hand. */
  file: File | null;
  /** The person wants it to be kept, too. */
  keepsOriginal: boolean;
  state: StartingState | RunningState | ReadyState;
  cancelling: boolean;
  /** Why something that was asked for could not be done. */
  problem: WireError | null;
  onServers(use: boolean): void;
  onPause(on: boolean): void;
  onFiles(picked: PickedFile[]): void;
  onCancel(): void;
  onAnother(): void;
  shareActions: ShareActions;
  detailsActions: DetailsActions;
}) {
  const { inspection } = state;
  const captions = useCaptions(state);
  /** As it was changed here; null: as the job was created. */
  const visibility = useSignal<Visibility | null>(null);
  const ready = state.phase === "ready";
  const job = jobOf(state);
  const playable = ready || (job !== null && job.firstPlayableAtMs !== null);
  const masterUrl = playable && state.phase !== "starting" ? state.address.masterUrl : null;
  const video = inspection?.source.video;
  const carried = state.phase === "starting" ? undefined : captionsOf(state);
  const warnings = noticeTexts(inspection?.source ?? null, job, carried ?? null);
  return (
    <>
      <div class="title-row">
        <h1>{ready ? t("upload.yourVideoIsReady") : t("upload.makingYourVideo")}</h1>
        <p class="file-name">{state.fileName}</p>
      </div>
      <div class="job-columns">
        <div class="job-player">
          <Player
            masterUrl={masterUrl}
            ownerToken={"address" in state ? ownerTokenOf(state.address.jobId) : null}
            title={job?.title ?? state.fileName}
            aspect={video === undefined ? null : video.displayWidth / video.displayHeight}
            placeholder={t("upload.youCanWatchHereAs")}
            {...(captions === null ? {} : { captions: captions.captions.value })}
            totalSeconds={
              inspection === null ? null : inspection.source.durationTicks / TICKS_PER_SECOND
            }
            frameRate={video?.frameRate ?? null}
            isMaking={!ready}
          />
          {ready && <ReadyFacts job={job} inspection={inspection} />}
        </div>
        {state.phase === "ready" ? (
          <ReadyPanel
            state={state}
            file={file}
            keepsOriginal={keepsOriginal}
            isPrivate={(visibility.value ?? state.address.visibility) === "private"}
            onAnother={onAnother}
          />
        ) : (
          <WorkPanel
            state={state}
            cancelling={cancelling}
            onServers={onServers}
            onPause={onPause}
            onFiles={onFiles}
            onCancel={onCancel}
          />
        )}
      </div>
      {problem !== null && <InlineError error={problem} />}
      {warnings.length > 0 && (
        <Note kind="warn" icon={<WarningIcon />}>
          {warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Note>
      )}
      {state.phase !== "starting" && job !== null && (
        <DetailsPanel
          key={state.address.jobId}
          jobId={state.address.jobId}
          actions={detailsActions}
          poster={picturesOf(state)?.poster ?? null}
          onVisibility={(chosen) => {
            visibility.value = chosen;
          }}
        />
      )}
      {state.phase === "running" && job !== null && (
        <SharePanel
          key={state.address.jobId}
          job={job}
          etaSeconds={state.work.etaSeconds}
          actions={shareActions}
        />
      )}
      {captions !== null && <CaptionsPanel feed={captions} reading={captionsOnTheirWay(state)} />}
      {job !== null && !ready && <SegmentGrid job={job} />}
    </>
  );
}

/** Null before there is a job. */
function useCaptions(state: StartingState | RunningState | ReadyState): CaptionsFeed | null {
  const jobId = "address" in state ? state.address.jobId : null;
  const isMaking = useRef(true);
  isMaking.current = state.phase !== "ready" || state.done.captions?.state === "reading";
  const feed = useSignal<CaptionsFeed | null>(null);
  useEffect(() => {
    if (jobId === null) return;
    const ends = new AbortController();
    // The page keeps the token a moment after it shows the job.
    const video = { jobId, ownerToken: () => ownerTokenOf(jobId) };
    const client = new EdgeClient(location.origin);
    feed.value = captionsFeed(client, video, () => isMaking.current, ends.signal);
    return () => {
      ends.abort();
      feed.value = null;
    };
  }, [jobId, feed]);
  return feed.value;
}

function captionsOf(state: RunningState | ReadyState): CaptionsCarried | undefined {
  return state.phase === "ready" ? state.done.captions : state.work.captions;
}

function picturesOf(state: RunningState | ReadyState): PicturesMade | undefined {
  return state.phase === "ready" ? state.done.pictures : state.work.pictures;
}

/** Null where the source's subtitles are all there, or it has none. */
function captionsOnTheirWay(
  state: StartingState | RunningState | ReadyState,
): CaptionsCarried | null {
  const carried = state.phase === "starting" ? undefined : captionsOf(state);
  return carried?.state === "reading" ? carried : null;
}

/** Null before the coordinator said. */
function jobOf(state: StartingState | RunningState | ReadyState): JobView | null {
  if (state.phase === "starting") return null;
  return state.phase === "running" ? state.work.job : state.done.job;
}

/** What came of it. */
function ReadyFacts({ job, inspection }: { job: JobView | null; inspection: Inspection | null }) {
  const levels = inspection?.video.map(({ width, height }) => `${Math.min(width, height)}p`);
  return (
    <dl class="facts ready-facts">
      {job?.endedAtMs != null && (
        <div class="fact">
          <dt>{t("upload.timeTaken")}</dt>
          <dd>{timeTaken(job.durationTicks, job.endedAtMs - job.createdAtMs)}</dd>
        </div>
      )}
      {job !== null && (
        <div class="fact">
          <dt>{t("upload.stored")}</dt>
          <dd>
            {formatBytes(job.bytesStored)}
            {inspection !== null &&
              t("upload.fromAFileOf", { size: formatBytes(inspection.source.sizeBytes) })}
          </dd>
        </div>
      )}
      {levels !== undefined && (
        <div class="fact">
          <dt>{t("upload.quality")}</dt>
          <dd>{levels.join(", ")}</dd>
        </div>
      )}
    </dl>
  );
}

function ReadyPanel({
  state,
  file,
  keepsOriginal,
  isPrivate,
  onAnother,
}: {
  file: File | null;
  keepsOriginal: boolean;
  state: ReadyState;
  isPrivate: boolean;
  onAnother(): void;
}) {
  const { jobId, watchUrl, masterUrl } = state.address;
  const ownerToken = ownerTokenOf(jobId);
  const client = () => new EdgeClient(location.origin);
  const beside = (name: string) => masterUrl.replace(/master\.m3u8$/, name);
  const { displayWidth = 16, displayHeight = 9 } = state.inspection?.source.video ?? {};
  const embed = embedCode(
    {
      url: watchUrl.replace("/watch/", "/embed/"),
      title: state.done.job?.title ?? titleOfFile(state.fileName),
      width: displayWidth,
      height: displayHeight,
    },
    { responsive: true },
  );
  return (
    <section class="card ready" aria-labelledby="ready-title">
      <h2 id="ready-title" class="card-title">
        {isPrivate ? t("upload.forYouAlone") : t("upload.shareIt")}
      </h2>
      {isPrivate && (
        <p>{rich("upload.itOpensInThisBrowser", { i: (inside) => <i>{inside}</i> })}</p>
      )}
      <CopyField label={t("upload.running.link")} text={watchUrl} />
      {!isPrivate && (
        <>
          <ShareByDevice url={watchUrl} title={state.done.job?.title ?? state.fileName} />
          <details class="details">
            <summary>{t("upload.running.qr")}</summary>
            <div class="share-qr" role="img" aria-label={t("upload.running.qrAlt")}>
              <QrCode text={watchUrl} />
            </div>
            <LocalLinkNote url={watchUrl} />
          </details>
          <CopyField
            label={t("upload.embed")}
            text={embed}
            hint={t("upload.putsThePlayerIntoAnother")}
          />
          <details class="details">
            <summary>{t("upload.running.developers")}</summary>
            <CopyField
              label={t("upload.hlsAddress")}
              text={masterUrl}
              hint={t("upload.forPlayersAndApps")}
            />
            <CopyField
              label={t("upload.podcastAddress")}
              text={beside(PODCAST_PLAYLIST)}
              hint={t("upload.podcastHint")}
            />
            <CopyField label={t("upload.dashAddress")} text={beside("manifest.mpd")} />
            <CopyField
              label={t("upload.command")}
              text={`ffmpeg -i "${masterUrl}" -c copy video.mp4`}
              hint={t("upload.keepsACopyAsA")}
            />
          </details>
        </>
      )}
      {ownerToken !== null && (file !== null || keepsOriginal) && (
        <OriginalPanel
          videoId={jobId}
          ownerToken={ownerToken}
          original={null}
          file={file}
          name={file?.name ?? state.fileName}
          isWanted={keepsOriginal}
          keep={(chosen, options) => client().keepOriginal(jobId, ownerToken, chosen, options)}
          remove={() => client().deleteOriginal(jobId, ownerToken)}
        />
      )}
      <div class="actions">
        <a class="button button-primary" href={watchUrl} target="_blank" rel="noreferrer">
          {t("upload.openTheWatchPage")} <OpenIcon />
        </a>
        <button type="button" class="button" onClick={onAnother}>
          {t("upload.anotherVideo")}
        </button>
      </div>
    </section>
  );
}

/** By the share sheet of the device, where it has one. */
function ShareByDevice({ url, title }: { url: string; title: string }) {
  if (navigator.share === undefined) return null;
  return (
    <div class="actions">
      <button
        type="button"
        class="button button-primary"
        // Closed without sharing: nothing to say.
        onClick={() => void navigator.share({ url, title }).catch(() => {})}
      >
        {t("upload.running.share")}
      </button>
    </div>
  );
}

function timeTaken(durationTicks: number, tookMs: number): string {
  const seconds = tookMs / 1000;
  const speed = formatSpeed(durationTicks / TICKS_PER_SECOND / Math.max(0.001, seconds));
  return t("upload.realTime", { seconds: formatWait(seconds), speed });
}
