import type { ContributorState } from "../../contributor/contributor-api.ts";
import { errorText } from "../../ui/error-texts.ts";
import { formatBytes } from "../../ui/format.ts";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { currentLanguage, t } from "../../words/words.ts";
import { VideoFacts } from "./video-facts.tsx";

/** View after an end without an error. */
export function Thanks({ state, title }: { state: ContributorState; title: string }) {
  const { tasksDone, bytesUploaded } = state;
  return (
    <section class="card contribute-card" aria-labelledby="thanks-title">
      <h1 id="thanks-title">{title}</h1>
      <VideoFacts state={state} />
      {tasksDone > 0 && (
        <p>
          {t("contribute.thisDeviceMade", { count: tasksDone, size: formatBytes(bytesUploaded) })}
        </p>
      )}
      {state.phase === "done" && watchPath() !== null && (
        <div class="actions">
          <a class="button button-primary" href={watchPath() ?? ""}>
            {t("contribute.watchTheVideo")}
          </a>
        </div>
      )}
    </section>
  );
}

/** Watch path of the video that this page helps with; null on a pool's page, which helps with several. */
function watchPath(): string | null {
  const [, page, jobId] = location.pathname.split("/");
  return page === "join" && jobId !== undefined ? `/watch/${jobId}` : null;
}

/** View after an end with an error. */
export function Failed({
  state,
  onWork,
}: {
  state: ContributorState;
  onWork(slots: number): void;
}) {
  const text = errorText(state.error?.code ?? "INTERNAL");
  const isToldByIt = state.error?.code === "SENT_AWAY" && currentLanguage() === "en";
  return (
    <section class="card contribute-card" role="alert">
      <h1>{text.title}</h1>
      {/* Only the coordinator knows which of several reasons it was; its message is in English. */}
      <p>{isToldByIt ? state.error?.message : text.what}</p>
      <p>{text.advice}</p>
      {state.tasksDone > 0 && (
        <p>{t("contribute.thisDeviceMadePiecesThank", { count: state.tasksDone })}</p>
      )}
      {text.reload && <ReloadButton />}
      {text.again && state.job !== null && (
        <button type="button" class="button" onClick={() => onWork(state.possibleSlots)}>
          {t("contribute.tryAgain")}
        </button>
      )}
    </section>
  );
}
