import type { ReadonlySignal } from "@preact/signals";
import type { Given, RestReason } from "../../../shared/wire/pool.ts";
import type { PoolMemberState } from "../../contributor/pool-member-api.ts";
import { EncoderBars } from "../../ui/encoder-bars.tsx";
import { errorText } from "../../ui/error-texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { formatBytes, formatNumber, formatPercent } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { unableText } from "../../ui/unable-text.ts";
import { type Key, t } from "../../words/words.ts";
import { LimitsForm } from "./limits-form.tsx";
import type { KeptLimits } from "./member-limits.ts";

export interface MemberPageProps {
  state: ReadonlySignal<PoolMemberState | null>;
  limits: ReadonlySignal<KeptLimits>;
  isPaused: ReadonlySignal<boolean>;
  /** Wanted, but the browser does not tell whether somebody uses the device. */
  useIsNotTold: ReadonlySignal<boolean>;
  /** Name under which the pool's operator sees this device. */
  name: string;
  onJoin(): void;
  onLimits(limits: KeptLimits): void;
  onPause(isPaused: boolean): void;
  onStop(): void;
}

/** Before joining: what a pool is, and one button. After it: this device's work so far. */
export function MemberPage(props: MemberPageProps) {
  const state = props.state.value;
  return (
    <PageFrame>
      <div class="pool-page">
        <Announcement text={state === null ? "" : announcement(state)} />
        {state === null || state.phase === "checking" ? (
          <p class="hint">{t("pool.lookingAtThePool")}</p>
        ) : state.phase === "failed" ? (
          <Failed state={state} onAgain={props.onJoin} />
        ) : state.phase === "member" ? (
          <AtWork {...props} shown={state} />
        ) : (
          <Invitation {...props} shown={state} />
        )}
      </div>
    </PageFrame>
  );
}

function announcement({ phase, job, rests }: PoolMemberState): string {
  if (phase !== "member") return phase === "stopped" ? t("pool.youStopped") : "";
  if (rests !== null) return t(RESTS[rests]);
  return job === null ? t("pool.waitingForAVideo") : t("pool.helpingWith", { title: job.title });
}

function Invitation({
  shown,
  limits,
  useIsNotTold,
  onJoin,
  onLimits,
}: MemberPageProps & { shown: PoolMemberState }) {
  const { poolName, possibleSlots, reason, phase, given } = shown;
  const hasStopped = phase === "stopped";
  return (
    <section class="card pool-card" aria-labelledby="join-title">
      <h1 id="join-title">
        {hasStopped ? t("pool.youStoppedThankYou") : t("pool.lendThisDeviceTo", { poolName })}
      </h1>
      {hasStopped && given !== null && <GivenFigures given={given} />}
      {!hasStopped && (
        <>
          <p>{t("pool.aPoolHelpsWithThe")}</p>
          <ul class="joining">
            <li>{t("pool.theTabDownloadsShortPieces")}</li>
            <li>{t("pool.itTakesNoMoreThan")}</li>
            <li>{t("pool.itCannotSeeYourFiles")}</li>
            <li>{t("pool.theBrowserKeepsAKey")}</li>
          </ul>
        </>
      )}
      {reason !== null ? (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>{t("pool.thisDeviceCannotHelp")}</b> {unableText(shown.reasonCode)}
          </p>
        </Note>
      ) : (
        <>
          <h2 class="card-title">{t("pool.whatThisDeviceMayGive")}</h2>
          <LimitsForm
            limits={limits.value}
            possibleSlots={possibleSlots}
            useIsNotTold={useIsNotTold.value}
            onChange={onLimits}
          />
          <div class="actions">
            <button type="button" class="button button-primary" onClick={onJoin}>
              {hasStopped ? t("pool.helpAgain") : t("pool.joinThePool")}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function AtWork({
  shown,
  limits,
  isPaused,
  useIsNotTold,
  name,
  onLimits,
  onPause,
  onStop,
}: MemberPageProps & { shown: PoolMemberState }) {
  const { poolName, job, rests, connected, encoding, given, possibleSlots } = shown;
  return (
    <section class="card pool-card" aria-labelledby="work-title">
      <h1 id="work-title">
        {rests !== null
          ? t("pool.resting")
          : job === null
            ? t("pool.readyToHelp")
            : t("pool.helping")}
      </h1>
      <p class="pool-video">
        {job === null ? (
          t("pool.noVideoOfNeedsHelp", { poolName })
        ) : (
          <>
            <b>{job.title}</b>{" "}
            <span class="hint">
              {t("pool.doneFor", { progress: formatPercent(job.progress), poolName })}
            </span>
          </>
        )}
      </p>
      {rests !== null && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>{t(RESTS[rests])}</p>
        </Note>
      )}
      <EncoderBars encoding={encoding} />
      {!connected && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>{t("pool.connecting")}</p>
        </Note>
      )}
      <dl class="figures">
        <Figure name={t("pool.piecesInThisTab")} value={formatNumber(shown.tasksDone)} />
        <Figure name={t("pool.received")} value={formatBytes(shown.bytesDownloaded)} />
        <Figure name={t("pool.sent")} value={formatBytes(shown.bytesUploaded)} />
      </dl>
      {given !== null && given.tasks > 0 && <GivenFigures given={given} />}
      <div class="actions">
        <button type="button" class="button" onClick={() => onPause(!isPaused.value)}>
          {isPaused.value ? t("pool.goOn") : t("pool.pause")}
        </button>
        <button type="button" class="button" onClick={onStop}>
          {t("pool.stopAtOnce")}
        </button>
      </div>
      <details class="details">
        <summary>{t("pool.whatThisDeviceMayGive")}</summary>
        <LimitsForm
          limits={limits.value}
          possibleSlots={possibleSlots}
          useIsNotTold={useIsNotTold.value}
          onChange={onLimits}
        />
      </details>
      <p class="hint">{t("pool.thePoolsOperatorSeesThis", { name })}</p>
    </section>
  );
}

function GivenFigures({ given }: { given: Given }) {
  return (
    <>
      <h2 class="card-title">{t("pool.givenByThisDeviceSo")}</h2>
      <dl class="figures">
        <Figure name={t("pool.videos")} value={formatNumber(given.jobs)} />
        <Figure
          name={t("pool.videoMade")}
          value={t("pool.min", { value: formatNumber(given.mediaSeconds / 60, 1, true) })}
        />
        <Figure name={t("pool.pictures")} value={formatNumber(given.frames)} />
        <Figure name={t("pool.sent")} value={formatBytes(given.bytes)} />
      </dl>
    </>
  );
}

function Failed({ state, onAgain }: { state: PoolMemberState; onAgain(): void }) {
  const text = errorText(state.error?.code ?? "INTERNAL");
  return (
    <section class="card pool-card" role="alert">
      <h1>{text.title}</h1>
      <p>{text.what}</p>
      <p>{text.advice}</p>
      {text.reload && <ReloadButton />}
      {text.again && (
        <button type="button" class="button" onClick={onAgain}>
          {t("pool.tryAgain")}
        </button>
      )}
    </section>
  );
}

const RESTS: Record<RestReason, Key> = {
  paused: "pool.pausedWhatWasBegunIs",
  hours: "pool.itIsNotOneOf",
  data: "pool.dataIsUsedUp",
  battery: "pool.thisDeviceRunsOnBattery",
  active: "pool.somebodyUsesThisDeviceIt",
  device: "pool.thisDeviceGivesNoProcessor",
};
