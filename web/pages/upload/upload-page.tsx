import "../../ui/style.css";
import "./upload.css";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { DEFAULT_VISIBILITY } from "../../../shared/wire/visibility.ts";
import type { InspectingState, OwnerState } from "../../owner/owner-api.ts";
import { formatPercent } from "../../ui/format.ts";
import { useHeadingFocus } from "../../ui/heading-focus.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { t } from "../../words/words.ts";
import { announcement } from "./announcement.ts";
import { type LaterViews, laterViews, loadLaterViews } from "./later-views.ts";
import { PageDrop } from "./page-drop.tsx";
import type { UploadQueueView, UploadSessionView } from "./page-views.ts";
import type { PickedFile } from "./source-file.ts";
import { StartView } from "./start-view.tsx";
import type { Transferred } from "./transfer.ts";

/** Key of the view for the heading's focus. A job is one view from start to end, so that the focus does not move. */
function viewOf(phase: OwnerState["phase"], later: LaterViews["state"]): string {
  if (phase !== "idle" && phase !== "inspecting" && later !== "here") return later;
  return phase === "starting" || phase === "running" ? "job" : phase;
}

/** Page `/`: from a picked file to a video that plays. */
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
  /** Shown above all else. */
  notice?: ComponentChildren;
  /** Whether only this site's servers can encode, because the browser cannot. Default: no. */
  byServers?: boolean;
}) {
  const unusable = useSignal<string | null>(null);
  const later = laterViews.value;
  useHeadingFocus(viewOf(session.state.value.phase, later.state));
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
      {later.state === "here" && (
        <later.Tray
          queue={queue}
          state={session.state.value}
          visibility={session.making.choices.visibility ?? DEFAULT_VISIBILITY}
          onPause={(on) => session.pause(on)}
          onFiles={(files) => queue.take(files)}
        />
      )}
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
  const later = laterViews.value;
  if (state.phase === "idle") {
    return (
      <StartView
        byServers={byServers}
        onIntent={() => {
          void loadLaterViews();
          session.warm();
        }}
        onFiles={onFiles}
        loadSample={loadSample}
      />
    );
  }
  if (state.phase === "inspecting") {
    return <InspectingView state={state} onCancel={() => session.discard()} />;
  }
  if (later.state === "missing") {
    return (
      <Note kind="warn" icon={<WarningIcon />}>
        <p role="alert">{t("upload.partMissing")}</p>
        <div class="actions">
          <ReloadButton />
        </div>
      </Note>
    );
  }
  if (later.state === "offline") {
    return (
      <Note kind="warn" icon={<WarningIcon />}>
        <p role="alert">{t("upload.partOffline")}</p>
      </Note>
    );
  }
  if (later.state === "coming") {
    return <progress class="bar" aria-label={t("upload.loading")} />;
  }
  return <later.PhaseView session={session} queue={queue} onFiles={onFiles} />;
}

function InspectingView({ state, onCancel }: { state: InspectingState; onCancel(): void }) {
  const { progress } = state;
  useLayoutEffect(() => {
    const ends = new AbortController();
    const cancelBy = ({ key }: KeyboardEvent) => key === "Escape" && onCancel();
    document.addEventListener("keydown", cancelBy, { signal: ends.signal });
    return () => ends.abort();
  });
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
