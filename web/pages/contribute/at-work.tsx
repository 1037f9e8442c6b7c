import type { ReadonlySignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { EncoderBars } from "../../ui/encoder-bars.tsx";
import { Figure } from "../../ui/figure.tsx";
import { formatBytes } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { OverHttpNote } from "../../ui/over-http-note.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { SlotsField } from "./slots-field.tsx";
import { VideoFacts } from "./video-facts.tsx";

/** What this device does for the video, with the ways to do less. */
export function AtWork({
  shown,
  name,
  lowBattery,
  onWork,
  onPause,
  onStop,
}: {
  shown: ContributorState;
  name: string;
  lowBattery: ReadonlySignal<boolean>;
  onWork(slots: number): void;
  onPause(): void;
  onStop(): void;
}) {
  const { phase, slots, possibleSlots, connected, encoding } = shown;
  const paused = phase === "paused";
  return (
    <section class="card contribute-card" aria-labelledby="work-title">
      <h1 id="work-title">{paused ? "Paused" : "Helping"}</h1>
      <VideoFacts state={shown} />
      <progress
        class="bar"
        max={1}
        value={shown.job?.progress ?? 0}
        aria-label="Video made so far, by everybody"
      />
      <dl class="figures">
        <Figure name="Pieces made" value={String(shown.tasksDone)} />
        <Figure name="Received" value={formatBytes(shown.bytesDownloaded)} />
        <Figure name="Sent" value={formatBytes(shown.bytesUploaded)} />
      </dl>
      <EncoderBars encoding={encoding} />
      {!connected && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>Connecting…</p>
        </Note>
      )}
      {shown.overHttp && <OverHttpNote />}
      {lowBattery.value && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>The battery is low,</b> so this device takes a break.
          </p>
        </Note>
      )}
      {connected && !paused && encoding.length === 0 && (
        <p class="hint">
          {shown.job?.awaitsVerification === true
            ? "Everything is made. It waits for the owner, or a server, to check it."
            : "Waiting for the next piece."}
        </p>
      )}
      <SlotsField slots={slots} most={possibleSlots} onChange={onWork} disabled={paused} />
      <div class="actions">
        <button type="button" class="button" onClick={() => (paused ? onWork(slots) : onPause())}>
          {paused ? "Go on" : "Pause"}
        </button>
        <button type="button" class="button" onClick={onStop}>
          Stop
        </button>
      </div>
      <p class="hint">
        The owner sees this device as “{name}”. You may leave this tab in the background.
      </p>
    </section>
  );
}
