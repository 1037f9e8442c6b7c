import type { HolderState } from "../../owner/owner-api.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { ErrorCard } from "../../ui/error-view.tsx";
import { formatPercent } from "../../ui/format.ts";
import { jobProgress } from "../../ui/job-progress.ts";
import { Announcement, PageFrame } from "../../ui/page-frame.tsx";
import { DropZone } from "./drop-zone.tsx";
import { InspectedView } from "./inspected-view.tsx";
import { JobScreen } from "./job-screen.tsx";
import { NeedsFileView } from "./needs-file-view.tsx";
import type { PickedFile } from "./source-file.ts";
import type { UploadSession } from "./upload-session.ts";

/** What of the session the page calls and shows. */
export type UploadSessionView = Pick<
  UploadSession,
  | "state"
  | "shareActions"
  | "problem"
  | "pending"
  | "storedHandle"
  | "canRepeat"
  | "take"
  | "setLadder"
  | "useServers"
  | "useEngine"
  | "start"
  | "reopen"
  | "cancel"
  | "again"
  | "discard"
>;

/** `/`: from a picked file to a video that plays. */
export function UploadPage({
  session,
  loadSample,
}: {
  session: UploadSessionView;
  /** Fetches the sample clip. */
  loadSample(): Promise<PickedFile | null>;
}) {
  return (
    <PageFrame>
      <Announcement text={announcement(session.state.value)} />
      <Phase session={session} loadSample={loadSample} />
    </PageFrame>
  );
}

function Phase({ session, loadSample }: Parameters<typeof UploadPage>[0]) {
  const state = session.state.value;
  const problem = session.problem.value;
  const pending = session.pending.value;
  switch (state.phase) {
    case "idle":
      return <StartView onFile={(picked) => session.take(picked)} loadSample={loadSample} />;
    case "inspecting":
      return <InspectingView state={state} onCancel={() => session.discard()} />;
    case "inspected":
      if (state.inspection === null) return null;
      return (
        <InspectedView
          state={state}
          inspection={state.inspection}
          problem={problem ?? state.error}
          pending={pending}
          onLadder={(ladder) => session.setLadder(ladder)}
          onEngine={(engine) => session.useEngine(engine)}
          onServers={(use) => session.useServers(use)}
          onStart={() => session.start()}
          onDiscard={() => session.discard()}
        />
      );
    case "starting":
    case "running":
    case "ready":
      return (
        <JobScreen
          state={state}
          cancelling={pending === "cancel"}
          onServers={(use) => session.useServers(use)}
          onCancel={() => session.cancel()}
          onAnother={() => session.discard()}
          shareActions={session.shareActions}
        />
      );
    case "needs-file":
      return (
        <NeedsFileView
          state={state}
          problem={problem}
          pending={pending}
          canReopen={session.storedHandle.value !== null}
          onReopen={() => session.reopen()}
          onFile={(picked) => session.take(picked)}
          onCancel={() => session.cancel()}
        />
      );
    case "failed": {
      const error = state.error ?? { code: "INTERNAL" as const, message: "", retryable: true };
      return (
        <ErrorCard error={error} fileName={state.fileName} job={state.job}>
          <EndActions session={session} again={ERROR_TEXTS[error.code].again} />
        </ErrorCard>
      );
    }
    case "cancelled":
      return <CancelledView session={session} />;
  }
}

function StartView({
  onFile,
  loadSample,
}: {
  onFile(picked: PickedFile): void;
  loadSample(): Promise<PickedFile | null>;
}) {
  return (
    <>
      <div class="hero">
        <h1>Turn a video into a stream</h1>
        <p class="lead">
          Pick a video and this tab makes adaptive HLS of it: several qualities, playable anywhere,
          watchable while it is still being made.
        </p>
      </div>
      <DropZone
        title="Drop a video here"
        buttonLabel="Choose a file"
        hint="MP4, MOV, MKV, WebM, TS, AVI, FLV and more. You can paste a file, too."
        onFile={onFile}
      />
      <p class="sample">
        No video at hand?{" "}
        <button
          type="button"
          class="link-button"
          onClick={async () => {
            const sample = await loadSample();
            if (sample !== null) onFile(sample);
          }}
        >
          Try a sample clip
        </button>
      </p>
      <ul class="steps">
        <li>
          <h2>Cut</h2>
          <p>The file is read on this device and split at exact frames, however long it is.</p>
        </li>
        <li>
          <h2>Encode</h2>
          <p>All cores work at once. Every finished part is checked before it counts.</p>
        </li>
        <li>
          <h2>Watch</h2>
          <p>It plays from the first part on. Share the link, embed it, or use the HLS address.</p>
        </li>
      </ul>
    </>
  );
}

function InspectingView({ state, onCancel }: { state: HolderState; onCancel(): void }) {
  const { inspectProgress } = state;
  return (
    <section class="card busy-card" aria-labelledby="inspecting-title">
      <h1 id="inspecting-title">Looking at the file</h1>
      <p class="file-name-inline">{state.fileName}</p>
      {inspectProgress === null ? (
        <progress class="bar" aria-label="Looking at the file" />
      ) : (
        <progress class="bar" max={1} value={inspectProgress} aria-label="Looking at the file" />
      )}
      {inspectProgress !== null && (
        <p class="hint">Repacking it without loss, {formatPercent(inspectProgress)}</p>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </section>
  );
}

function CancelledView({ session }: { session: UploadSessionView }) {
  return (
    <section class="card busy-card" aria-labelledby="cancelled-title">
      <h1 id="cancelled-title">Cancelled</h1>
      <p>The work was stopped. Nothing is running any more.</p>
      <div class="actions">
        <EndActions session={session} again />
      </div>
    </section>
  );
}

/** After an end without a video: the same file again where that has a chance, or another. */
function EndActions({ session, again }: { session: UploadSessionView; again: boolean }) {
  const canRepeat = again && session.canRepeat;
  return (
    <>
      {canRepeat && (
        <button type="button" class="button button-primary" onClick={() => session.again()}>
          Try again
        </button>
      )}
      <button
        type="button"
        class={canRepeat ? "button" : "button button-primary"}
        onClick={() => session.discard()}
      >
        Choose another file
      </button>
    </>
  );
}

/** For screen readers: changes of state, and each quarter of the work. */
export function announcement(state: HolderState): string {
  switch (state.phase) {
    case "idle":
      return "";
    case "inspecting":
      return "Looking at the file.";
    case "inspected":
      return "The file was read. You can start.";
    case "starting":
      return "Starting.";
    case "running": {
      if (state.job === null) return "Starting.";
      if (!state.connected) return "Connection lost. Reconnecting.";
      const quarters = Math.floor(jobProgress(state.job) * 4);
      const playable = state.job.firstPlayableAtMs === null ? "" : " It can be played already.";
      return `Making the video: ${quarters * 25} percent.${playable}`;
    }
    case "needs-file":
      return "Pick the same file to go on.";
    case "ready":
      return "The video is ready.";
    case "failed":
      // The error itself is an alert.
      return "";
    case "cancelled":
      return "Cancelled.";
  }
}
