import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { WireError } from "../../../shared/job/errors.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import { type CaptionsFeed, captionsFeed } from "../../captions/captions-feed.ts";
import { CaptionsPanel } from "../../captions/captions-panel.tsx";
import { EdgeClient } from "../../edge-client.ts";
import type {
  CaptionsCarried,
  PicturesMade,
  ReadyState,
  RunningState,
  StartingState,
} from "../../owner/owner-api.ts";
import { Player } from "../../player/player.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { WarningIcon } from "../../ui/icons.tsx";
import { noticeTexts } from "../../ui/notice-text.ts";
import { Note } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";
import { type DetailsActions, DetailsPanel } from "./details-panel.tsx";
import { ReadyFacts, ReadyPanel } from "./ready-panel.tsx";
import { SegmentGrid } from "./segment-grid.tsx";
import { type ShareActions, SharePanel } from "./share-panel.tsx";
import type { PickedFile } from "./source-file.ts";
import { WorkPanel } from "./work-panel.tsx";

/**
 * View of a job from its start to its end. The player stays the same element throughout, so that a viewer is not
 * interrupted when the work ends.
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
  /** The source file; null where the page does not have it. */
  file: File | null;
  /** Whether the person wants the source file to be kept, too. */
  keepsOriginal: boolean;
  state: StartingState | RunningState | ReadyState;
  cancelling: boolean;
  /** Why the person's last action failed. */
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
  /** As changed in this view; null: as chosen when the job was created. */
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
            <p key={warning} dir="auto">
              {warning}
            </p>
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

/** Captions of the job's video; null before there is a job. */
function useCaptions(state: StartingState | RunningState | ReadyState): CaptionsFeed | null {
  const jobId = "address" in state ? state.address.jobId : null;
  const isMaking = useRef(true);
  isMaking.current = state.phase !== "ready" || state.done.captions?.state === "reading";
  const feed = useSignal<CaptionsFeed | null>(null);
  useEffect(() => {
    if (jobId === null) return;
    const ends = new AbortController();
    // Read at each call: the page stores the token a moment after it shows the job.
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

/** Progress of the source's subtitles; null where all are saved, or where there are none. */
function captionsOnTheirWay(
  state: StartingState | RunningState | ReadyState,
): CaptionsCarried | null {
  const carried = state.phase === "starting" ? undefined : captionsOf(state);
  return carried?.state === "reading" ? carried : null;
}

/** Null before the coordinator has sent it. */
function jobOf(state: StartingState | RunningState | ReadyState): JobView | null {
  if (state.phase === "starting") return null;
  return state.phase === "running" ? state.work.job : state.done.job;
}
