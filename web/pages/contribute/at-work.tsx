import type { ReadonlySignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { EncoderBars } from "../../ui/encoder-bars.tsx";
import { Figure } from "../../ui/figure.tsx";
import { formatBytes, formatNumber } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { OverHttpNote } from "../../ui/over-http-note.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import type { HelpLimits } from "./help-limits.ts";
import { HelpLimitsForm } from "./help-limits-form.tsx";
import { SlotsField } from "./slots-field.tsx";
import { VideoFacts } from "./video-facts.tsx";

const REACHED: Readonly<Record<"data" | "time", Key>> = {
  data: "contribute.limits.reachedData",
  time: "contribute.limits.reachedTime",
};

/** This device's work for the video, with controls to slow, pause or stop it. */
export function AtWork({
  shown,
  name,
  lowBattery,
  limits,
  onWork,
  onPause,
  onStop,
}: {
  shown: ContributorState;
  name: string;
  lowBattery: ReadonlySignal<boolean>;
  limits: HelpLimits;
  onWork(slots: number): void;
  onPause(): void;
  onStop(): void;
}) {
  const { phase, slots, possibleSlots, connected, encoding } = shown;
  const paused = phase === "paused";
  return (
    <section class="card contribute-card" aria-labelledby="work-title">
      <h1 id="work-title">{paused ? t("contribute.paused") : t("contribute.helping")}</h1>
      <VideoFacts state={shown} />
      <progress
        class="bar"
        max={1}
        value={shown.job?.progress ?? 0}
        aria-label={t("contribute.videoMadeSoFarBy")}
      />
      <dl class="figures">
        <Figure name={t("contribute.piecesMade")} value={formatNumber(shown.tasksDone)} />
        <Figure name={t("contribute.received")} value={formatBytes(shown.bytesDownloaded)} />
        <Figure name={t("contribute.sent")} value={formatBytes(shown.bytesUploaded)} />
      </dl>
      <EncoderBars encoding={encoding} />
      {!connected && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>{t("contribute.connecting")}</p>
        </Note>
      )}
      {shown.overHttp && <OverHttpNote />}
      {lowBattery.value && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>{rich("contribute.theBatteryIsLowSo", { b: (inside) => <b>{inside}</b> })}</p>
        </Note>
      )}
      {limits.reached.value !== null && (
        <Note kind="info" icon={<InfoIcon />}>
          <p role="status">{t(REACHED[limits.reached.value])}</p>
        </Note>
      )}
      {connected && !paused && encoding.length === 0 && (
        <p class="hint">
          {shown.job?.awaitsVerification === true
            ? t("contribute.everythingIsMadeItWaits")
            : t("contribute.waitingForTheNextPiece")}
        </p>
      )}
      <SlotsField slots={slots} most={possibleSlots} onChange={onWork} disabled={paused} />
      <HelpLimitsForm limits={limits} />
      <div class="actions">
        <button type="button" class="button" onClick={() => (paused ? onWork(slots) : onPause())}>
          {paused ? t("contribute.goOn") : t("contribute.pause")}
        </button>
        <button type="button" class="button" onClick={onStop}>
          {t("contribute.stop")}
        </button>
      </div>
      <p class="hint">{t("contribute.theOwnerSeesThisDevice", { name })}</p>
    </section>
  );
}
