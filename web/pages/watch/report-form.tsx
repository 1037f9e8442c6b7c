import { useSignal } from "@preact/signals";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import {
  MOST_REPORT_CHARACTERS,
  type NewReport,
  REPORT_REASONS,
  type ReportReason,
} from "../../../shared/wire/operator.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { type Key, t } from "../../words/words.ts";

const REASONS: Record<ReportReason, Key> = {
  illegal: "watch.itIsAgainstTheLaw",
  copyright: "watch.itIsMyWorkOr",
  privacy: "watch.itShowsMeAndI",
  harmful: "watch.itIsHarmful",
  other: "watch.somethingElse",
};

/** Form that reports a video to the site's operator. */
export function ReportForm({
  onReport,
}: {
  /** Rejects where the report did not arrive. */
  onReport(report: NewReport): Promise<void>;
}) {
  const reason = useSignal<ReportReason>("other");
  const text = useSignal("");
  const state = useSignal<"open" | "sending" | "sent">("open");
  const error = useSignal<WireError | null>(null);
  const send = async () => {
    state.value = "sending";
    error.value = null;
    try {
      await onReport({ reason: reason.value, text: text.value });
      state.value = "sent";
    } catch (thrown) {
      error.value = toWireError(thrown);
      state.value = "open";
    }
  };
  return (
    <details class="details report">
      <summary>{t("watch.reportThisVideo")}</summary>
      {state.value === "sent" ? (
        <p role="status">{t("watch.thankYouThePeopleWho")}</p>
      ) : (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <FormField label={t("watch.whatIsWrongWithIt")}>
            {(props) => (
              <select
                {...props}
                value={reason.value}
                onChange={(event) => {
                  reason.value = event.currentTarget.value as ReportReason;
                }}
              >
                {REPORT_REASONS.map((each) => (
                  <option key={each} value={each}>
                    {t(REASONS[each])}
                  </option>
                ))}
              </select>
            )}
          </FormField>
          <FormField label={t("watch.moreAboutIt")} hint={t("watch.theMakerOfTheVideo")}>
            {(props) => (
              <textarea
                {...props}
                rows={3}
                maxLength={MOST_REPORT_CHARACTERS}
                value={text.value}
                onInput={(event) => {
                  text.value = event.currentTarget.value;
                }}
              />
            )}
          </FormField>
          {error.value !== null && <InlineError error={error.value} />}
          <div class="actions">
            <button type="submit" class="button" disabled={state.value === "sending"}>
              {t("watch.send")}
            </button>
          </div>
        </form>
      )}
    </details>
  );
}
