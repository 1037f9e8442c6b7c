import { noticeTexts } from "../../ui/notice-text.ts";
import "../../ui/style.css";
import "./watch.css";
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { embedCode } from "../../../shared/embed-code.ts";
import { hasEnded } from "../../../shared/job/job-state.ts";
import { forViewers } from "../../../shared/job/notice.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { Captions } from "../../../shared/wire/captions.ts";
import type { JobStatus } from "../../../shared/wire/job-status.ts";
import type { NewReport } from "../../../shared/wire/operator.ts";
import type { CaptionsFeed } from "../../captions/captions-feed.ts";
import { CaptionsPanel } from "../../captions/captions-panel.tsx";
import { Transcript } from "../../captions/transcript.tsx";
import { Player, type PlayerProps } from "../../player/player.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { type ErrorText, errorText } from "../../ui/error-texts.ts";
import { formatLength, formatPercent } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { jobProgress } from "../../ui/job-progress.ts";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";
import { rich, t } from "../../words/words.ts";
import { PassphraseForm } from "./passphrase-form.tsx";
import { ReportForm } from "./report-form.tsx";
import { type DownloadSource, WatchDownloads } from "./watch-downloads.tsx";
import type { WatchedVideo, WatchState } from "./watch-status.ts";

export interface WatchPageProps {
  state: ReadonlySignal<WatchState>;
  video: Pick<WatchedVideo, "masterUrl" | "ownerToken" | "key">;
  watchUrl: string;
  /** Null where the page shows no captions. */
  captions?: CaptionsFeed | null;
  /** Null where the page offers no downloads. */
  downloads?: DownloadSource | null;
  /** Rejects where the passphrase is wrong. */
  onUnlock(passphrase: string): Promise<void>;
  /** Sends a report to the site's operator; rejects where it did not arrive. */
  onReport(report: NewReport): Promise<void>;
}

/** Page `/watch/:id`: plays a video, also while it is still being made. */
export function WatchPage(props: WatchPageProps) {
  const state = props.state.value;
  const title = titleOf(state);
  return (
    <PageFrame>
      <Announcement text={announcementOf(state)} />
      <Content {...props} watched={state} title={title} />
    </PageFrame>
  );
}

/** Page `/embed/:id`: only the player, for a frame in another page. */
export function EmbedPage({ state: { value: state }, video, captions, onUnlock }: WatchPageProps) {
  if (state.kind === "locked") {
    return (
      <main class="embed-locked">
        <PassphraseForm onUnlock={onUnlock} />
      </main>
    );
  }
  const trouble = troubleOf(state);
  if (trouble !== null) {
    return (
      <main class="embed-message">
        <div role="alert">
          <h1>{trouble.title}</h1>
          <p>{trouble.what}</p>
        </div>
      </main>
    );
  }
  const title = titleOf(state);
  return (
    <main class="embed-player">
      <h1 class="visually-hidden">{title}</h1>
      <Player
        bare
        masterUrl={playable(state) ? video.masterUrl : null}
        ownerToken={video.ownerToken}
        title={title}
        aspect={null}
        placeholder={waitingText(state)}
        captions={captions?.captions.value ?? NO_CAPTIONS}
        {...playedFacts(state)}
      />
    </main>
  );
}

function Content({
  watched,
  title,
  video: { masterUrl, ownerToken, key },
  watchUrl,
  captions: feed = null,
  downloads = null,
  onUnlock,
  onReport,
}: WatchPageProps & { watched: WatchState; title: string }) {
  const element = useSignal<HTMLVideoElement | null>(null);
  const onVideo = useCallback(
    (video: HTMLVideoElement | null) => {
      element.value = video;
    },
    [element],
  );
  const captions = feed?.captions.value ?? NO_CAPTIONS;
  if (watched.kind === "locked") return <PassphraseForm onUnlock={onUnlock} />;
  const trouble = troubleOf(watched);
  if (trouble !== null) {
    return (
      <section class="card error-card" role="alert" aria-labelledby="watch-trouble">
        <span class="error-icon">
          <WarningIcon />
        </span>
        <h1 id="watch-trouble">{trouble.title}</h1>
        <p>{trouble.what}</p>
        <p>{trouble.advice}</p>
        <div class="actions">
          <a class="button button-primary" href="/">
            {t("watch.makeAVideo")}
          </a>
        </div>
      </section>
    );
  }
  const status = watched.kind === "known" ? watched.status : null;
  const warnings = noticeTexts(status && forViewers(status));
  const description = descriptionOf(watched);
  const making = status !== null && status.endedAtMs === null;
  return (
    <article class="watch">
      <div class={captions.length > 0 ? "watch-columns has-transcript" : "watch-columns"}>
        <Player
          masterUrl={playable(watched) ? masterUrl : null}
          ownerToken={ownerToken}
          title={title}
          aspect={status === null ? null : aspectOf(status)}
          placeholder={waitingText(watched)}
          captions={captions}
          onVideo={onVideo}
          {...playedFacts(watched)}
        />
        {captions.length > 0 && (
          <Transcript
            captions={captions}
            masterUrl={masterUrl}
            ownerToken={ownerToken}
            video={element.value}
          />
        )}
      </div>
      <div class="title-row">
        <h1 class="watch-title">{title}</h1>
        {status !== null && <p class="hint">{formatLength(status.durationTicks)}</p>}
      </div>
      {description !== "" && <p class="watch-description">{description}</p>}
      {making && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>
            <b>{t("watch.beingMade", { share: formatPercent(jobProgress(status)) })}</b>{" "}
            {isMakerAway(status)
              ? `${t("watch.itsMakerIsAway")} ${t("watch.afterADayWithoutThem")}`
              : t("watch.itPlaysUpToWhere")}
          </p>
          <progress
            class="bar"
            max={1}
            value={jobProgress(status)}
            aria-label={t("watch.madeSoFar")}
          />
        </Note>
      )}
      {status !== null && endedEarly(status) && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>{rich("watch.thisVideoIsNotComplete", { b: (inside) => <b>{inside}</b> })}</p>
        </Note>
      )}
      {warnings.length > 0 && (
        <Note kind="warn" icon={<WarningIcon />}>
          {warnings.map((warning) => (
            <p key={warning} dir="auto">
              {warning}
            </p>
          ))}
        </Note>
      )}
      {feed !== null && ownerToken !== null && <CaptionsPanel feed={feed} />}
      {downloads !== null && (status === null || status.state === "ready") && (
        <WatchDownloads
          title={title}
          masterUrl={masterUrl}
          token={ownerToken ?? key}
          linkKey={key}
          source={downloads}
        />
      )}
      {/* Not for a private video, whose plain addresses open nothing. */}
      {key === null && (
        <div class="card share">
          <CopyField label={t("watch.addressOfThisPage")} text={watchUrl} />
          <details class="details">
            <summary>{t("watch.elsewhere")}</summary>
            <CopyField
              label={t("watch.embed")}
              text={embedCode(
                { url: watchUrl.replace("/watch/", "/embed/"), title, ...shapeOf(watched) },
                { responsive: true },
              )}
              hint={t("watch.putsThePlayerIntoAnother")}
            />
            <CopyField label={t("watch.hlsAddress")} text={masterUrl} />
          </details>
        </div>
      )}
      {ownerToken === null && <ReportForm onReport={onReport} />}
    </article>
  );
}

const NO_CAPTIONS: readonly Captions[] = [];

/** Facts of a video for the player's timeline. */
function playedFacts(
  state: WatchState,
): Pick<
  PlayerProps,
  "totalSeconds" | "frameRate" | "isMaking" | "isMakerAway" | "chapters" | "poster"
> {
  if (state.kind === "stored") {
    return { chapters: state.video?.chapters ?? [], poster: state.video?.poster ?? null };
  }
  if (state.kind !== "known") return {};
  const { durationTicks, endedAtMs, source, details, state: jobState } = state.status;
  const isWhole = endedAtMs === null || jobState === "ready";
  return {
    // Null for a video that ended early: the rest of it will never be made.
    totalSeconds: isWhole ? durationTicks / TICKS_PER_SECOND : null,
    frameRate: source?.video.frameRate ?? null,
    isMaking: endedAtMs === null,
    isMakerAway: isMakerAway(state.status),
    chapters: details?.chapters ?? [],
    poster: state.status.poster ?? null,
  };
}

/** After this time without anybody who can make the rest, the page says so. Servers and helpers take less to come. */
const AWAY_AFTER_MS = 30_000;

function isMakerAway({ stuckSinceMs }: JobStatus): boolean {
  return stuckSinceMs != null && Date.now() - stuckSinceMs > AWAY_AFTER_MS;
}

/** The video's title; a general word while it is not known. */
export function titleOf(state: WatchState): string {
  if (state.kind === "known") return state.status.title ?? state.status.name;
  return (state.kind === "stored" && state.video?.title) || t("watch.video");
}

/** The owner's description; "" where there is none. */
function descriptionOf(state: WatchState): string {
  if (state.kind === "known") return state.status.details?.description ?? "";
  return (state.kind === "stored" && state.video?.description) || "";
}

function playable(state: WatchState): boolean {
  return (
    state.kind === "stored" || (state.kind === "known" && state.status.firstPlayableAtMs !== null)
  );
}

function endedEarly(status: JobStatus): boolean {
  return hasEnded(status.state) && status.state !== "ready";
}

const ASK_ANEW = "watch.askThePersonWhoSent";

/** Texts on why nothing can be played; null where the video plays, or will play. */
function troubleOf(state: WatchState): Pick<ErrorText, "title" | "what" | "advice"> | null {
  switch (state.kind) {
    case "missing":
      return { ...errorText("JOB_NOT_FOUND"), advice: t("watch.checkTheAddress") };
    case "refused":
      return errorText(state.error.code);
    case "unreachable":
      return { ...errorText(state.error.code), advice: t("watch.thisPageKeepsTryingBy") };
    case "known":
      // Nothing of a cancelled video is kept.
      if (state.status.state === "cancelled") {
        const what = t("watch.makingItWasStoppedAnd");
        return { title: t("watch.thisVideoWasCancelled"), what, advice: t(ASK_ANEW) };
      }
      if (!endedEarly(state.status) || playable(state)) return null;
      return {
        title: t("watch.thisVideoCouldNotBe"),
        what: t("watch.itsMakingEndedBeforeThere"),
        advice: t(ASK_ANEW),
      };
    default:
      return null;
  }
}

function waitingText(state: WatchState): string {
  if (state.kind !== "known") return t("watch.loading");
  return isMakerAway(state.status) ? t("watch.itsMakerIsAway") : t("watch.thisVideoIsJustBeing");
}

/** Display width and height, or numbers with their ratio. */
function shapeOf(state: WatchState): { width: number; height: number } {
  const { width, height } = (state.kind === "stored" && state.video) || { width: 16, height: 9 };
  if (state.kind !== "known" || state.status.source === null) return { width, height };
  const { displayWidth, displayHeight } = state.status.source.video;
  return { width: displayWidth, height: displayHeight };
}

/** @returns the aspect ratio; null while a server still reads the source */
function aspectOf({ source }: JobStatus): number | null {
  return source === null ? null : source.video.displayWidth / source.video.displayHeight;
}

function announcementOf(state: WatchState): string {
  if (state.kind !== "known" || state.status.endedAtMs !== null) return "";
  const quarters = Math.floor(jobProgress(state.status) * 4);
  const made = t("watch.thisVideoIsBeingMade", { percent: quarters * 25 });
  return isMakerAway(state.status) ? `${made} ${t("watch.itsMakerIsAway")}` : made;
}
