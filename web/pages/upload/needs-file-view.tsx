import type { WireError } from "../../../shared/job/errors.ts";
import type { NeedsFileState } from "../../owner/owner-api.ts";
import { errorText } from "../../ui/error-texts.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { formatPercent } from "../../ui/format.ts";
import { jobProgress } from "../../ui/job-progress.ts";
import { t } from "../../words/words.ts";
import { DropZone } from "./drop-zone.tsx";
import type { PendingAction } from "./person-actions.ts";
import { SegmentGrid } from "./segment-grid.tsx";
import type { PickedFile } from "./source-file.ts";

/** Errors of a file that cannot be read any more, as opposed to a wrong file. */
const AWAY = ["SOURCE_AWAY", "SOURCE_MODIFIED"] as const;

/** View of a job without its file: after a reload, or after the file's drive was removed. */
export function NeedsFileView({
  state,
  problem,
  pending,
  canReopen,
  several,
  onReopen,
  onFiles,
  onCancel,
}: {
  state: NeedsFileState;
  problem: WireError | null;
  pending: PendingAction;
  /** Whether the browser has a handle of the file. */
  canReopen: boolean;
  /** Whether other videos of the list wait for their files, too. */
  several: boolean;
  onReopen(): void;
  onFiles(picked: PickedFile[]): void;
  onCancel(): void;
}) {
  const { fileName: name } = state;
  const { job } = state.work;
  const error = problem ?? state.error;
  const away = AWAY.find((code) => code === state.error?.code);
  const busy = pending === "file" || state.comparing !== null;
  return (
    <>
      <h1>{away === undefined ? t("upload.goOnWhereYouLeft") : errorText(away).title}</h1>
      <p class="lead">
        <b class="file-name-inline">{name}</b>{" "}
        {job === null
          ? t("upload.wasNotFinished")
          : t("upload.isDoneFinishedSegmentsAre", { share: formatPercent(jobProgress(job)) })}{" "}
        {away === undefined
          ? t("upload.aReloadedPageHasTo")
          : `${errorText(away).what} ${errorText(away).advice}`}
      </p>
      {error !== null && error.code !== away && !busy && <InlineError error={error} />}
      {busy ? (
        <section class="card busy-card" role="status">
          <p>{t("upload.comparingTheFileWithThe")}</p>
        </section>
      ) : (
        <>
          {canReopen && (
            <div class="actions reopen">
              <button type="button" class="button button-primary button-large" onClick={onReopen}>
                {t("upload.openAgain", { name })}
              </button>
            </div>
          )}
          <DropZone
            title={t("upload.pickTheSameFileTo2")}
            buttonLabel={t("upload.chooseTheFile")}
            hint={t("upload.itIsComparedWithThe")}
            several={several}
            onFiles={onFiles}
          />
        </>
      )}
      {job !== null && <SegmentGrid job={job} />}
      <div class="actions">
        <button type="button" class="button" disabled={pending === "cancel"} onClick={onCancel}>
          {t("upload.giveThisVideoUp")}
        </button>
      </div>
    </>
  );
}
