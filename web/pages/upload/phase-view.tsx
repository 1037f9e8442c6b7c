import "./trim.css";
import "./job.css";
import "./share.css";
import { useRef } from "preact/hooks";
import { saveSiteToken } from "../../saved/site-token.ts";
import { errorText } from "../../ui/error-texts.ts";
import { ErrorCard } from "../../ui/error-view.tsx";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { rich, t } from "../../words/words.ts";
import { type Draft, draftFor } from "./draft.ts";
import { InspectedView } from "./inspected-view.tsx";
import { JobScreen } from "./job-screen.tsx";
import { NeedsFileView } from "./needs-file-view.tsx";
import type { UploadQueueView, UploadSessionView } from "./page-views.ts";
import { chooseFiles, type PickedFile } from "./source-file.ts";

export { Tray } from "./tray.tsx";

type OnFiles = (picked: PickedFile[]) => void;

/** View for the present phase, once there is a file or a job. */
export function PhaseView({
  session,
  queue,
  onFiles,
}: {
  session: UploadSessionView;
  queue: UploadQueueView;
  onFiles: OnFiles;
}) {
  const state = session.state.value;
  const problem = session.actions.problem.value;
  const pending = session.actions.pending.value;
  const draft = useRef<Draft | null>(null);
  // The next job of the same file gets a new draft.
  if (state.phase === "running") draft.current = null;
  switch (state.phase) {
    case "idle":
    case "inspecting":
      return null;
    case "inspected":
      draft.current = draftFor(draft.current, state.inspection.source, session.making.choices);
      return (
        <InspectedView
          key={state.inspection.source.fingerprint}
          state={state}
          draft={draft.current}
          file={session.file}
          choices={session.making.choices}
          hasKey={session.making.hasKey}
          isReplacing={session.isReplacing}
          more={queue.unshared.length}
          problem={problem}
          pending={pending}
          actions={{
            onLadder: (ladder) => queue.setLadder(ladder),
            onAudio: (choice) => session.making.useAudio(choice),
            onPicture: (picture) => session.making.usePicture(picture),
            onEngine: (engine) => session.making.useEngine(engine),
            onServers: (use) => session.making.useServers(use),
            onVerify: (verify) => session.making.useChecks(verify),
            onStart: (request, all) => queue.share(request, all),
            onKey: (key) => {
              saveSiteToken(key);
              void session.making.useKey(key);
            },
            onTrim: (range) => session.making.setTrim(range),
            readFrames: () => session.making.frameTimes(),
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
          keepsOriginal={session.making.choices.keepsOriginal === true}
          cancelling={pending === "cancel"}
          problem={problem}
          onPause={(on) => session.pause(on)}
          onFiles={onFiles}
          onServers={(use) => session.making.useServers(use)}
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

/** Buttons after an end without a video: the same file again where that may work, or another file. */
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
    // Opened first, because the picker must open within the click; the start page shows behind it.
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
