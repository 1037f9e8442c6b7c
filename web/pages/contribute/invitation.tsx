import { useSignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { SlowBrowserNote } from "../../ui/slow-browser-note.tsx";
import { unableText } from "../../ui/unable-text.ts";
import { t } from "../../words/words.ts";
import type { HelpLimits } from "./help-limits.ts";
import { HelpLimitsForm } from "./help-limits-form.tsx";
import { SlotsField } from "./slots-field.tsx";
import { VideoFacts } from "./video-facts.tsx";

/** Explains joining, with one button. */
export function Invitation({
  shown,
  suggestedSlots,
  limits,
  onWork,
}: {
  shown: ContributorState;
  suggestedSlots: number | null;
  limits: HelpLimits;
  onWork(slots: number): void;
}) {
  const { job, possibleSlots, reason } = shown;
  const slots = useSignal(Math.min(suggestedSlots ?? possibleSlots, possibleSlots));
  return (
    <section class="card contribute-card" aria-labelledby="invite-title">
      <h1 id="invite-title">{t("contribute.lendThisDeviceToA")}</h1>
      {job !== null && <VideoFacts state={shown} />}
      <h2 class="card-title">{t("contribute.whatHappensWhenYouJoin")}</h2>
      <ul class="joining">
        <li>{t("contribute.thisTabDownloadsShortPieces")}</li>
        <li>{t("contribute.itUsesTheProcessorYou")}</li>
        <li>{t("contribute.itTakesBatteryAndData")}</li>
        <li>{t("contribute.piecesOfTheVideoPass")}</li>
        <li>{t("contribute.thePageCannotSeeYour")}</li>
      </ul>
      {reason !== null ? (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>{t("contribute.thisDeviceCannotHelp")}</b> {unableText(shown.reasonCode)}
          </p>
        </Note>
      ) : (
        <>
          <SlowBrowserNote />
          <SlotsField
            slots={slots.value}
            most={possibleSlots}
            onChange={(next) => (slots.value = next)}
          />
          <HelpLimitsForm limits={limits} />
          <div class="actions">
            <button type="button" class="button button-primary" onClick={() => onWork(slots.value)}>
              {t("contribute.startHelping")}
            </button>
          </div>
        </>
      )}
    </section>
  );
}
