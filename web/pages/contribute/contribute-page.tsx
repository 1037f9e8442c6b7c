import { useHeadingFocus } from "../../ui/heading-focus.ts";
import "../../ui/style.css";
import "./contribute.css";
import type { ReadonlySignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { Announcement, PageFrame } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";
import { AtWork } from "./at-work.tsx";
import { Failed, Thanks } from "./end-views.tsx";
import type { HelpLimits } from "./help-limits.ts";
import { Invitation } from "./invitation.tsx";

export interface ContributePageProps {
  state: ReadonlySignal<ContributorState | null>;
  /** Name under which the owner sees this device. */
  name: string;
  lowBattery: ReadonlySignal<boolean>;
  suggestedSlots: number | null;
  limits: HelpLimits;
  onWork(slots: number): void;
  onPause(): void;
  onStop(): void;
}

/** Before joining: which video it is, what joining means, and one button. After it: this device's work so far. */
export function ContributePage(props: ContributePageProps) {
  const state = props.state.value;
  useHeadingFocus(state?.phase ?? "");
  return (
    <PageFrame>
      <div class="contribute">
        <Announcement text={state === null ? "" : announcement(state)} />
        {state === null || state.phase === "checking" ? (
          <p class="hint">{t("contribute.lookingAtTheVideo")}</p>
        ) : (
          <Content {...props} shown={state} />
        )}
      </div>
    </PageFrame>
  );
}

function Content({ shown, ...props }: ContributePageProps & { shown: ContributorState }) {
  if (shown.phase === "failed") return <Failed state={shown} onWork={props.onWork} />;
  if (shown.phase === "done")
    return <Thanks state={shown} title={t("contribute.theVideoIsFinishedThank")} />;
  if (shown.phase === "stopped") {
    return (
      <>
        <Thanks state={shown} title={t("contribute.youStoppedThankYou")} />
        <button
          type="button"
          class="button"
          onClick={() => props.onWork(shown.slots || shown.possibleSlots)}
        >
          {t("contribute.helpAgain")}
        </button>
      </>
    );
  }
  return shown.phase === "invited" ? (
    <Invitation {...props} shown={shown} />
  ) : (
    <AtWork {...props} shown={shown} />
  );
}

function announcement({ phase }: ContributorState): string {
  if (phase === "working") return t("contribute.helping2");
  if (phase === "paused") return t("contribute.paused2");
  return phase === "done" ? t("contribute.theVideoIsFinished") : "";
}
