import type { ComponentChildren } from "preact";
import type { ErrorCode, WireError } from "../../shared/job/errors.ts";
import type { JobView, TaskView } from "../../shared/wire/job-view.ts";
import { rich, t } from "../words/words.ts";
import { CopyField } from "./copy-field.tsx";
import { errorText } from "./error-texts.ts";
import { WarningIcon } from "./icons.tsx";
import { failedTasks, taskTitle } from "./job-progress.ts";

/** Card of an error in plain words, with advice, and with technical details in a fold. */
export function ErrorCard({
  error,
  fileName,
  job = null,
  children,
}: {
  error: WireError;
  fileName: string | null;
  job?: JobView | null;
  /** Buttons below the texts. */
  children: ComponentChildren;
}) {
  const text = errorText(error.code);
  const failed = job === null ? [] : failedTasks(job);
  return (
    <section class="card error-card" role="alert" aria-labelledby="error-title">
      <span class="error-icon">
        <WarningIcon />
      </span>
      <h1 id="error-title">{text.title}</h1>
      {fileName !== null && <p class="error-file">{fileName}</p>}
      <p>{text.what}</p>
      <p>{errorText(causeOf(error.code, failed)).advice}</p>
      {failed.length > 0 && (
        <ul class="failed-parts">
          {failed.map((task) => (
            <li key={task.id}>
              <b>{taskTitle(task)}</b>
              {task.lastError !== null && `: ${errorText(task.lastError).title}`}{" "}
              {t("ui.attempts", { count: task.attempts })}
            </li>
          ))}
        </ul>
      )}
      <div class="actions">{children}</div>
      {/* Whoever reports a fault of ours needs them at once. */}
      <details class="details" key={error.code} open={error.code === "INTERNAL"}>
        <summary>{t("ui.details")}</summary>
        <p>{error.message}</p>
        <p>{rich("ui.code", { name: error.code, code: (inside) => <code>{inside}</code> })}</p>
        <CopyField label={t("ui.forAReport")} text={reportOf(error)} />
      </details>
    </section>
  );
}

/** The code whose advice fits best: the common cause, where all failed tasks have the same one. */
function causeOf(code: ErrorCode, failed: readonly TaskView[]): ErrorCode {
  const [cause, ...others] = new Set(failed.map(({ lastError }) => lastError));
  return code === "TASK_FAILED" && cause != null && others.length === 0 ? cause : code;
}

/** Technical details for support. They contain nothing about the file. */
function reportOf({ code, message }: WireError): string {
  return `${code}: ${message} (${location.pathname}, ${navigator.userAgent})`;
}

/** A short note about an error, for where the page stays as it is. */
export function InlineError({ error }: { error: WireError }) {
  const text = errorText(error.code);
  return (
    <div class="note note-danger" role="alert">
      <WarningIcon />
      <div class="note-body">
        <p>
          <b>{text.title}.</b> {text.what} {text.advice}
        </p>
      </div>
    </div>
  );
}
