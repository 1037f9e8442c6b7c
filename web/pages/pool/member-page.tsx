import type { ReadonlySignal } from "@preact/signals";
import type { Given, RestReason } from "../../../shared/wire/pool.ts";
import type { PoolMemberState } from "../../contributor/pool-member-api.ts";
import { EncoderBars } from "../../ui/encoder-bars.tsx";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { formatBytes, formatPercent } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Announcement, Note, PageFrame } from "../../ui/page-frame.tsx";
import { ReloadButton } from "../../ui/reload-button.tsx";
import { LimitsForm } from "./limits-form.tsx";
import type { KeptLimits } from "./member-limits.ts";

export interface MemberPageProps {
  state: ReadonlySignal<PoolMemberState | null>;
  limits: ReadonlySignal<KeptLimits>;
  isPaused: ReadonlySignal<boolean>;
  /** As the pool's operator sees this device. */
  name: string;
  onJoin(): void;
  onLimits(limits: KeptLimits): void;
  onPause(isPaused: boolean): void;
  onStop(): void;
}

/** What joining a pool means, one button; then what this device does and gave. */
export function MemberPage(props: MemberPageProps) {
  const state = props.state.value;
  return (
    <PageFrame>
      <div class="pool-page">
        <Announcement text={state === null ? "" : announcement(state)} />
        {state === null || state.phase === "checking" ? (
          <p class="hint">Looking at the pool…</p>
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
  if (phase !== "member") return phase === "stopped" ? "You stopped." : "";
  if (rests !== null) return RESTS[rests];
  return job === null ? "Waiting for a video." : `Helping with ${job.title}.`;
}

function Invitation({
  shown,
  limits,
  onJoin,
  onLimits,
}: MemberPageProps & { shown: PoolMemberState }) {
  const { poolName, possibleSlots, reason, phase, given } = shown;
  const hasStopped = phase === "stopped";
  return (
    <section class="card pool-card" aria-labelledby="join-title">
      <h1 id="join-title">
        {hasStopped ? "You stopped. Thank you!" : `Lend this device to “${poolName}”`}
      </h1>
      {hasStopped && given !== null && <GivenFigures given={given} />}
      {!hasStopped && (
        <>
          <p>
            A pool helps with the videos of many people. Join once: this tab then helps by itself,
            with one video after the other.
          </p>
          <ul class="joining">
            <li>The tab downloads short pieces of videos, encodes them and sends them back.</li>
            <li>It takes no more than you allow below, and stops at once when you say so.</li>
            <li>It cannot see your files, camera or anything else on this device.</li>
            <li>
              The browser keeps a key by which the pool knows this device again. It says nothing
              about you.
            </li>
          </ul>
        </>
      )}
      {reason !== null ? (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>This device cannot help.</b> {reason}
          </p>
        </Note>
      ) : (
        <>
          <h2 class="card-title">What this device may give</h2>
          <LimitsForm limits={limits.value} possibleSlots={possibleSlots} onChange={onLimits} />
          <div class="actions">
            <button type="button" class="button button-primary" onClick={onJoin}>
              {hasStopped ? "Help again" : "Join the pool"}
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
  name,
  onLimits,
  onPause,
  onStop,
}: MemberPageProps & { shown: PoolMemberState }) {
  const { poolName, job, rests, connected, encoding, given, possibleSlots } = shown;
  return (
    <section class="card pool-card" aria-labelledby="work-title">
      <h1 id="work-title">
        {rests !== null ? "Resting" : job === null ? "Ready to help" : "Helping"}
      </h1>
      <p class="pool-video">
        {job === null ? (
          <>No video of “{poolName}” needs help now. This tab begins by itself when one does.</>
        ) : (
          <>
            <b>{job.title}</b>{" "}
            <span class="hint">
              {formatPercent(job.progress)} done, for “{poolName}”
            </span>
          </>
        )}
      </p>
      {rests !== null && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>{RESTS[rests]}</p>
        </Note>
      )}
      <EncoderBars encoding={encoding} />
      {!connected && (
        <Note kind="info" icon={<InfoIcon />}>
          <p>Connecting…</p>
        </Note>
      )}
      <dl class="figures">
        <Figure name="Pieces in this tab" value={String(shown.tasksDone)} />
        <Figure name="Received" value={formatBytes(shown.bytesDownloaded)} />
        <Figure name="Sent" value={formatBytes(shown.bytesUploaded)} />
      </dl>
      {given !== null && given.tasks > 0 && <GivenFigures given={given} />}
      <div class="actions">
        <button type="button" class="button" onClick={() => onPause(!isPaused.value)}>
          {isPaused.value ? "Go on" : "Pause"}
        </button>
        <button type="button" class="button" onClick={onStop}>
          Stop at once
        </button>
      </div>
      <details class="details">
        <summary>What this device may give</summary>
        <LimitsForm limits={limits.value} possibleSlots={possibleSlots} onChange={onLimits} />
      </details>
      <p class="hint">
        The pool’s operator sees this device as “{name}”. You may leave this tab in the background.
      </p>
    </section>
  );
}

function GivenFigures({ given }: { given: Given }) {
  return (
    <>
      <h2 class="card-title">Given by this device so far</h2>
      <dl class="figures">
        <Figure name="Videos" value={String(given.jobs)} />
        <Figure name="Video made" value={`${(given.mediaSeconds / 60).toFixed(1)} min`} />
        <Figure name="Pictures" value={given.frames.toLocaleString("en")} />
        <Figure name="Sent" value={formatBytes(given.bytes)} />
      </dl>
    </>
  );
}

function Failed({ state, onAgain }: { state: PoolMemberState; onAgain(): void }) {
  const text = ERROR_TEXTS[state.error?.code ?? "INTERNAL"];
  return (
    <section class="card pool-card" role="alert">
      <h1>{text.title}</h1>
      <p>{state.error?.code === "SENT_AWAY" ? state.error.message : text.what}</p>
      <p>{text.advice}</p>
      {text.reload && <ReloadButton />}
      {text.again && (
        <button type="button" class="button" onClick={onAgain}>
          Try again
        </button>
      )}
    </section>
  );
}

const RESTS: Record<RestReason, string> = {
  paused: "Paused. What was begun is finished; nothing new is taken.",
  hours: "It is not one of the hours that you chose.",
  data: "Today’s data is used up. It goes on tomorrow.",
  battery: "This device runs on battery. It goes on with the charger.",
  active: "Somebody uses this device. It goes on when nobody does.",
  device: "This device gives no processor core.",
};
