import "../../ui/style.css";
import "./upload.css";
import "./trim.css";
import "./job.css";
import "./share.css";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { DEFAULT_VISIBILITY } from "../../../shared/wire/visibility.ts";
import type { InspectingState, OwnerState } from "../../owner/owner-api.ts";
import { saveSiteToken } from "../../saved/site-token.ts";
import { errorText } from "../../ui/error-texts.ts";
import { ErrorCard } from "../../ui/error-view.tsx";
import { formatPercent } from "../../ui/format.ts";
import { useHeadingFocus } from "../../ui/heading-focus.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { rich, t } from "../../words/words.ts";
import { announcement } from "./announcement.ts";
import { InspectedView } from "./inspected-view.tsx";
import { JobScreen } from "./job-screen.tsx";
import { NeedsFileView } from "./needs-file-view.tsx";
import { PageDrop } from "./page-drop.tsx";
import { chooseFiles, type PickedFile } from "./source-file.ts";
import { StartView } from "./start-view.tsx";
import type { Transferred } from "./transfer.ts";
import { Tray, type TrayView } from "./tray.tsx";
import type { UploadQueue } from "./upload-queue.ts";
import type { UploadSession } from "./upload-session.ts";

/** What of the session the page calls and shows. */
export type UploadSessionView = Pick<
  UploadSession,
  | "state"
  | "shareActions"
  | "detailsActions"
  | "problem"
  | "pending"
  | "storedHandle"
  | "file"
  | "choices"
  | "hasKey"
  | "isReplacing"
  | "canRepeat"
  | "isCancelUnheard"
  | "warm"
  | "setTrim"
  | "frameTimes"
  | "useServers"
  | "useEngine"
  | "useAudio"
  | "usePicture"
  | "useChecks"
  | "useKey"
  | "reopen"
  | "pause"
  | "cancel"
  | "again"
  | "discard"
>;

/** A job is one view from its start to its end: whoever types there goes on typing. */
function viewOf(phase: OwnerState["phase"]): string {
  return phase === "starting" || phase === "running" ? "job" : phase;
}

type OnFiles = (picked: PickedFile[]) => void;

/** What of the queue the page calls and shows. */
export type UploadQueueView = TrayView & Pick<UploadQueue, "take" | "setLadder" | "share">;

/** `/`: from a picked file to a video that plays. */
export function UploadPage({
  session,
  queue,
  loadSample,
  notice = null,
  byServers = false,
}: {
  session: UploadSessionView;
  queue: UploadQueueView;
  /** Fetches the sample clip. */
  loadSample(): Promise<PickedFile | null>;
  /** Stands above all else. */
  notice?: ComponentChildren;
  /** The browser can encode nothing; this site's servers can. Default: no. */
  byServers?: boolean;
}) {
  const unusable = useSignal<string | null>(null);
  useHeadingFocus(viewOf(session.state.value.phase));
  const give = ({ files, instead }: Transferred) => {
    unusable.value = instead === null ? null : t(`upload.instead.${instead}`);
    if (files.length > 0) queue.take(files);
  };
  return (
    <PageFrame>
      <Announcement text={announcement(session.state.value)} />
      <PageDrop onGiven={give} />
      <div role="alert">
        {unusable.value !== null && (
          <Note kind="warn" icon={<WarningIcon />}>
            {unusable.value}
          </Note>
        )}
      </div>
      {notice}
      <Tray
        queue={queue}
        state={session.state.value}
        visibility={session.choices.visibility ?? DEFAULT_VISIBILITY}
        onPause={(on) => session.pause(on)}
        onFiles={(files) => queue.take(files)}
      />
      <Phase
        session={session}
        queue={queue}
        loadSample={loadSample}
        byServers={byServers}
        onFiles={(files) => give({ files, instead: files.length === 0 ? "empty-folder" : null })}
      />
    </PageFrame>
  );
}

function Phase({
  session,
  queue,
  loadSample,
  byServers,
  onFiles,
}: Pick<Parameters<typeof UploadPage>[0], "session" | "queue" | "loadSample"> & {
  byServers: boolean;
  onFiles(picked: PickedFile[]): void;
}) {
  const state = session.state.value;
  const problem = session.problem.value;
  const pending = session.pending.value;
  switch (state.phase) {
    case "idle":
      return (
        <StartView
          byServers={byServers}
          onIntent={() => session.warm()}
          onFiles={onFiles}
          loadSample={loadSample}
        />
      );
    case "inspecting":
      return <InspectingView state={state} onCancel={() => session.discard()} />;
    case "inspected":
      return (
        <InspectedView
          key={state.inspection.source.fingerprint}
          state={state}
          file={session.file}
          choices={session.choices}
          hasKey={session.hasKey}
          isReplacing={session.isReplacing}
          more={queue.unshared.length}
          problem={problem}
          pending={pending}
          actions={{
            onLadder: (ladder) => queue.setLadder(ladder),
            onAudio: (choice) => session.useAudio(choice),
            onPicture: (picture) => session.usePicture(picture),
            onEngine: (engine) => session.useEngine(engine),
            onServers: (use) => session.useServers(use),
            onVerify: (verify) => session.useChecks(verify),
            onStart: (request, all) => queue.share(request, all),
            onKey: (key) => {
              saveSiteToken(key);
              void session.useKey(key);
            },
            onTrim: (range) => session.setTrim(range),
            readFrames: () => session.frameTimes(),
            onDiscard: () => session.discard(),
          }}
        />
      );
    case "starting":
    case "running":
    case "ready":
      return (
        <JobScreen
          state={state}
          file={session.file}
          keepsOriginal={session.choices.keepsOriginal === true}
          cancelling={pending === "cancel"}
          problem={problem}
          onPause={(on) => session.pause(on)}
          onFiles={onFiles}
          onServers={(use) => session.useServers(use)}
          onCancel={() => session.cancel()}
          onAnother={() => session.discard()}
          shareActions={session.shareActions}
          detailsActions={session.detailsActions}
        />
      );
    case "needs-file":
      return (
        <NeedsFileView
          state={state}
          problem={problem}
          pending={pending}
          several={queue.withoutFile.length > 0}
          canReopen={session.storedHandle.value !== null}
          onReopen={() => session.reopen()}
          onFiles={onFiles}
          onCancel={() => session.cancel()}
        />
      );
    case "failed":
      return (
        <ErrorCard error={state.error} fileName={state.fileName} job={state.done?.job ?? null}>
          {errorText(state.error.code).reload && <ReloadButton />}
          <EndActions
            session={session}
            onFiles={onFiles}
            again={errorText(state.error.code).again}
          />
        </ErrorCard>
      );
    case "cancelled":
      return <CancelledView session={session} onFiles={onFiles} />;
  }
}

function InspectingView({ state, onCancel }: { state: InspectingState; onCancel(): void }) {
  const { progress } = state;
  return (
    <section class="card busy-card" aria-labelledby="inspecting-title">
      <h1 id="inspecting-title">{t("upload.lookingAtTheFile2")}</h1>
      <p class="file-name-inline">{state.fileName}</p>
      {progress === null ? (
        <progress class="bar" aria-label={t("upload.lookingAtTheFile2")} />
      ) : (
        <progress class="bar" max={1} value={progress} aria-label={t("upload.lookingAtTheFile2")} />
      )}
      {progress !== null && (
        <p class="hint">
          {t("upload.repackingItWithoutLoss", { progress: formatPercent(progress) })}
        </p>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={onCancel}>
          {t("upload.cancel")}
        </button>
      </div>
    </section>
  );
}

function CancelledView({ session, onFiles }: { session: UploadSessionView; onFiles: OnFiles }) {
  return (
    <section class="card busy-card" aria-labelledby="cancelled-title">
      <h1 id="cancelled-title">{t("upload.cancelled2")}</h1>
      {session.isCancelUnheard ? (
        <p>{rich("upload.theWorkInThisTab", { b: (inside) => <b>{inside}</b> })}</p>
      ) : (
        <p>{t("upload.theWorkWasStoppedAnd")}</p>
      )}
      <div class="actions">
        <EndActions session={session} onFiles={onFiles} again />
      </div>
    </section>
  );
}

/** After an end without a video: the same file again where that has a chance, or another. */
function EndActions({
  session,
  onFiles,
  again,
}: {
  session: UploadSessionView;
  onFiles: OnFiles;
  again: boolean;
}) {
  const canRepeat = again && session.canRepeat;
  const chooseAnother = async () => {
    // At once, while the click lasts; behind it stands the start page.
    const choosing = chooseFiles().catch(() => null);
    await session.discard();
    const picked = await choosing;
    if (picked !== null && picked.length > 0) onFiles(picked);
  };
  return (
    <>
      {canRepeat && (
        <button type="button" class="button button-primary" onClick={() => session.again()}>
          {t("upload.tryAgain")}
        </button>
      )}
      <button
        type="button"
        class={canRepeat ? "button" : "button button-primary"}
        onClick={() => void chooseAnother()}
      >
        {t("upload.chooseAnotherFile")}
      </button>
    </>
  );
}
