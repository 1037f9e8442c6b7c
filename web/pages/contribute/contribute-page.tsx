import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { formatBytes, formatLength, formatPercent } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";

export interface ContributePageProps {
  state: ReadonlySignal<ContributorState | null>;
  /** As the owner sees this device. */
  name: string;
  lowBattery: ReadonlySignal<boolean>;
  suggestedSlots: number | null;
  onWork(slots: number): void;
  onPause(): void;
  onStop(): void;
}

/** Whose video, what joining means, one button; then what this device has done. */
export function ContributePage(props: ContributePageProps) {
  const state = props.state.value;
  return (
    <PageFrame>
      <div class="contribute">
        <Announcement text={state === null ? "" : announcement(state)} />
        {state === null || state.phase === "checking" ? (
          <p class="hint">Looking at the video…</p>
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
    return <Thanks state={shown} title="The video is finished. Thank you!" />;
  if (shown.phase === "stopped") {
    return (
      <>
        <Thanks state={shown} title="You stopped. Thank you!" />
        <button
          type="button"
          class="button"
          onClick={() => props.onWork(shown.slots || shown.possibleSlots)}
        >
          Help again
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

function Invitation({
  shown,
  suggestedSlots,
  onWork,
}: ContributePageProps & { shown: ContributorState }) {
  const { job, possibleSlots, reason } = shown;
  const slots = useSignal(Math.min(suggestedSlots ?? possibleSlots, possibleSlots));
  return (
    <section class="card contribute-card" aria-labelledby="invite-title">
      <h1 id="invite-title">Lend this device to a video</h1>
      {job !== null && <VideoFacts state={shown} />}
      <h2 class="card-title">What happens when you join</h2>
      <ul class="joining">
        <li>
          This tab downloads short pieces of this video, encodes them for streaming and sends the
          result back.
        </li>
        <li>
          It uses the processor you allow below, and downloads about 10 MB once for the encoder.
        </li>
        <li>
          Pieces of the video pass through this device. Nothing is kept after you close the tab.
        </li>
        <li>The page cannot see your files, camera or anything else on this device.</li>
      </ul>
      {reason !== null ? (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>This device cannot help.</b> {reason}
          </p>
        </Note>
      ) : (
        <>
          <SlotsField
            slots={slots.value}
            most={possibleSlots}
            onChange={(next) => (slots.value = next)}
          />
          <div class="actions">
            <button type="button" class="button button-primary" onClick={() => onWork(slots.value)}>
              Start helping
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function AtWork({
  shown,
  name,
  lowBattery,
  onWork,
  onPause,
  onStop,
}: ContributePageProps & { shown: ContributorState }) {
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
      {encoding.length > 0 && (
        <ul class="encoders" aria-label="Encoders at work">
          {encoding.map((progress, index) => (
            <li key={String(index)}>
              <progress class="bar" max={1} value={progress} aria-label={`Encoder ${index + 1}`} />
            </li>
          ))}
        </ul>
      )}
      {!connected && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>Connecting…</p>
        </Note>
      )}
      {lowBattery.value && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>The battery is low,</b> so this device takes a break.
          </p>
        </Note>
      )}
      {connected && !paused && encoding.length === 0 && (
        <p class="hint">Waiting for the next piece.</p>
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

function SlotsField({
  slots,
  most,
  disabled,
  onChange,
}: {
  slots: number;
  most: number;
  disabled?: boolean;
  onChange(slots: number): void;
}) {
  return (
    <label class="slots-field">
      <span>Processor cores to give</span>
      <input
        type="range"
        min={1}
        max={most}
        value={slots}
        disabled={disabled || most === 1}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>
        {slots} of {most}
      </output>
    </label>
  );
}

function VideoFacts({ state: { job } }: { state: ContributorState }) {
  if (job === null) return null;
  return (
    <p class="contribute-video">
      <b>{job.name}</b>{" "}
      <span class="hint">
        {formatLength(job.durationTicks)} · {formatPercent(job.progress)} done
      </span>
    </p>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <b class="figure-value">{value}</b>
      </dd>
    </div>
  );
}

function Thanks({ state, title }: { state: ContributorState; title: string }) {
  const { tasksDone, bytesUploaded } = state;
  return (
    <section class="card contribute-card" aria-labelledby="thanks-title">
      <h1 id="thanks-title">{title}</h1>
      <VideoFacts state={state} />
      {tasksDone > 0 && (
        <p>
          This device made {tasksDone} {tasksDone === 1 ? "piece" : "pieces"} (
          {formatBytes(bytesUploaded)}).
        </p>
      )}
    </section>
  );
}

function Failed({ state, onWork }: { state: ContributorState; onWork(slots: number): void }) {
  const text = ERROR_TEXTS[state.error?.code ?? "INTERNAL"];
  return (
    <section class="card contribute-card" role="alert">
      <h1>{text.title}</h1>
      {/* The coordinator says which of several reasons it was. */}
      <p>{state.error?.code === "SENT_AWAY" ? state.error.message : text.what}</p>
      <p>{text.advice}</p>
      {state.tasksDone > 0 && <p>This device made {state.tasksDone} pieces. Thank you!</p>}
      {text.again && state.job !== null && (
        <button type="button" class="button" onClick={() => onWork(state.possibleSlots)}>
          Try again
        </button>
      )}
    </section>
  );
}

function announcement({ phase }: ContributorState): string {
  if (phase === "working") return "Helping.";
  if (phase === "paused") return "Paused.";
  return phase === "done" ? "The video is finished." : "";
}
