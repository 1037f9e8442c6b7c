import { embedCode } from "../../../shared/embed-code.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import { PODCAST_PLAYLIST } from "../../../shared/playlist/names.ts";
import { titleOfFile } from "../../../shared/wire/details.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { EdgeClient } from "../../edge-client.ts";
import { DownloadFold } from "../../files/download-fold.tsx";
import { DownloadPanel } from "../../files/download-panel.tsx";
import { OriginalPanel } from "../../files/original-panel.tsx";
import type { Inspection, ReadyState } from "../../owner/owner-api.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { formatBytes, formatSpeed, formatWait } from "../../ui/format.ts";
import { OpenIcon } from "../../ui/icons.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { rich, t } from "../../words/words.ts";
import { LocalLinkNote } from "./local-link-note.tsx";

/** Facts of the finished video. */
export function ReadyFacts({
  job,
  inspection,
}: {
  job: JobView | null;
  inspection: Inspection | null;
}) {
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
          <dd>{levels.join(t("ui.comma"))}</dd>
        </div>
      )}
    </dl>
  );
}

/** Panel of the finished video: its link, and further actions. */
export function ReadyPanel({
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
      <Downloads state={state} ownerToken={ownerToken} client={client} />
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

/** Downloads of the video, made in this page on request. */
function Downloads({
  state: { address, done, fileName },
  ownerToken,
  client,
}: {
  state: ReadyState;
  ownerToken: string | null;
  client(): EdgeClient;
}) {
  return (
    <DownloadFold>
      {() => (
        <DownloadPanel
          title={done.job?.title ?? titleOfFile(fileName)}
          masterUrl={address.masterUrl}
          ownerToken={ownerToken}
          read={() => client().videoFiles(address.jobId, ownerToken ?? undefined)}
        />
      )}
    </DownloadFold>
  );
}

/** A button for the share sheet of the device, where it has one. */
function ShareByDevice({ url, title }: { url: string; title: string }) {
  if (navigator.share === undefined) return null;
  return (
    <div class="actions">
      <button
        type="button"
        class="button button-primary"
        // Rejects where the person closes the share sheet, which is no error.
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
