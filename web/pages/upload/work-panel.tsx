import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JobView } from "../../../shared/wire/job-view.ts";
import type { RunningState, SlotState, StartingState, Work } from "../../owner/owner-api.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { deviceFacts } from "../../ui/device.ts";
import { Figure } from "../../ui/figure.tsx";
import { formatBytes, formatNumber, formatPercent, formatSpeed } from "../../ui/format.ts";
import { InfoIcon } from "../../ui/icons.tsx";
import { taskTitle } from "../../ui/job-progress.ts";
import { OverHttpNote } from "../../ui/over-http-note.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import { DeviceNote } from "./device-note.tsx";
import type { PickedFile } from "./source-file.ts";
import { TellWhenReady } from "./tell-when-ready.tsx";
import { isStorageSilent, lacksConnection, timeLeft } from "./time-left.ts";
import { AddVideos } from "./tray.tsx";

/** Above this share of the work, cancelling asks first. */
const MUCH_IS_DONE = 0.25;

/** Panel of the running work: its progress, its speed, who works on it, and the button to cancel. */
export function WorkPanel({
  state,
  cancelling,
  onServers,
  onPause,
  onFiles,
  onCancel,
}: {
  state: StartingState | RunningState;
  cancelling: boolean;
  onPause(on: boolean): void;
  onServers(use: boolean): void;
  onFiles(picked: PickedFile[]): void;
  onCancel(): void;
}) {
  const work = state.phase === "running" ? state.work : null;
  const job = work?.job ?? null;
  const progress = work?.share ?? 0;
  return (
    <section class="card work" aria-labelledby="work-title">
      <h2 id="work-title" class="visually-hidden">
        {t("upload.progress")}
      </h2>
      <div class="work-head">
        <span class="work-percent">{formatPercent(progress)}</span>
        <span class="work-eta">{sentence(timeLeft(work))}</span>
      </div>
      <progress class="bar" max={1} value={progress} aria-label={t("upload.videoMadeSoFar")} />
      <ConnectionNote work={work} />
      {work !== null && isStorageSilent(work) && (
        <Note kind="warn" icon={<InfoIcon />}>
          <p>{t("upload.storageTakesNothing")}</p>
        </Note>
      )}
      {state.phase === "running" && (
        <CopyField
          label={t("upload.running.link")}
          text={state.address.watchUrl}
          hint={t("upload.running.linkHint")}
        />
      )}
      {job?.tasksNeedingSource !== 0 && <StayNote />}
      <TellWhenReady />
      <DeviceNote
        decision={state.part}
        canLeave={job?.tasksNeedingSource === 0}
        onServers={onServers}
      />
      <CancelButton
        muchIsDone={progress > MUCH_IS_DONE}
        paused={work?.paused ?? null}
        onPause={onPause}
        cancelling={cancelling}
        onFiles={onFiles}
        onCancel={onCancel}
      />
      <details class="details work-details">
        <summary>{t("upload.running.details")}</summary>
        <WorkFigures work={work} />
        <SlotList slots={work?.slots ?? []} job={job} />
      </details>
    </section>
  );
}

/** A text as a sentence, with a capital letter. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function ConnectionNote({ work }: { work: Work | null }) {
  if (work?.overHttp) return <OverHttpNote />;
  if (work === null || work.connected) return null;
  if (work.job !== null) {
    return (
      <Note kind="warn" icon={<InfoIcon />}>
        <p>
          {rich("upload.connectionLostReconnectingFinishedParts", {
            b: (inside) => <b>{inside}</b>,
          })}
        </p>
      </Note>
    );
  }
  if (!lacksConnection(work)) return null;
  return (
    <Note kind="warn" icon={<InfoIcon />}>
      <p>{rich("upload.theConnectionToTheSite", { b: (inside) => <b>{inside}</b> })}</p>
    </Note>
  );
}

/** Note for as long as the job cannot be finished without this tab. */
function StayNote() {
  const { mobile } = deviceFacts();
  return (
    <p class="hint" data-stay>
      {mobile ? t("upload.leaveThisPageOpenAnd") : t("upload.keepThisTabOpenUntil")}
    </p>
  );
}

/** @param work null before the work has begun */
function WorkFigures({ work }: { work: Work | null }) {
  const { speed = null, bytesUploaded = 0, busyShare = 0, slots = [] } = work ?? {};
  return (
    <dl class="figures">
      <Figure
        name={t("upload.speed")}
        value={speed === null ? "–" : formatSpeed(speed)}
        hint={t("upload.ofRealTime")}
      />
      <Figure
        name={t("upload.uploaded")}
        value={formatBytes(bytesUploaded)}
        hint={t("upload.finishedParts")}
      />
      <Figure
        name={t("upload.encoders")}
        value={formatNumber(slots.filter(({ state }) => state !== "stopped").length)}
        hint={
          busyShare > 0
            ? t("upload.busy", { busyShare: formatPercent(busyShare) })
            : t("upload.inThisTab")
        }
      />
    </dl>
  );
}

const SLOT_WORDS: Readonly<Record<SlotState["state"], Key>> = {
  starting: "upload.starting3",
  idle: "upload.free",
  fetching: "upload.cutting",
  encoding: "upload.encoding",
  uploading: "upload.uploading",
  stopped: "upload.stopped",
};

/** List with one line for each encoder. */
function SlotList({ slots, job }: { slots: readonly SlotState[]; job: JobView | null }) {
  if (slots.length === 0) return null;
  return (
    <ul class="slots" aria-label={t("upload.encoders")}>
      {slots.map((slot, index) => {
        const task = job?.tasks.find(({ id }) => id === slot.taskId);
        const what = task === undefined ? "" : `: ${taskTitle(task)}`;
        return (
          <li key={index} class={`slot is-${slot.state}`}>
            <span class="slot-text">
              {t(SLOT_WORDS[slot.state])}
              {what}
            </span>
            <span
              class="slot-bar"
              style={{ "--progress": String(slot.taskId === null ? 0 : slot.progress) }}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Button that cancels the job at once; it asks first only where much work would be lost. */
function CancelButton({
  muchIsDone,
  paused,
  cancelling,
  onPause,
  onFiles,
  onCancel,
}: {
  muchIsDone: boolean;
  /** Null before there is anything to pause. */
  paused: boolean | null;
  onPause(on: boolean): void;
  cancelling: boolean;
  onFiles(picked: PickedFile[]): void;
  onCancel(): void;
}) {
  const asking = useSignal(false);
  const stop = useRef<HTMLButtonElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking.value) stop.current?.focus();
  }, [asking.value]);

  if (!asking.value) {
    return (
      <div class="actions">
        {paused !== null && (
          <button type="button" class="button" onClick={() => onPause(!paused)}>
            {paused ? t("upload.tray.resume") : t("upload.tray.pause")}
          </button>
        )}
        <button
          ref={cancel}
          type="button"
          class="button"
          disabled={cancelling}
          onClick={() => {
            if (muchIsDone) asking.value = true;
            else onCancel();
          }}
        >
          {cancelling ? t("upload.cancelling") : t("upload.cancel")}
        </button>
        <AddVideos text={t("upload.tray.addAnother")} onFiles={onFiles} />
      </div>
    );
  }
  const keep = () => {
    asking.value = false;
    requestAnimationFrame(() => cancel.current?.focus());
  };
  return (
    <fieldset
      class="confirm"
      onKeyDown={({ key }) => {
        if (key === "Escape") keep();
      }}
    >
      <legend>{t("upload.stopAndThrowAwayWhat")}</legend>
      <div class="actions">
        <button ref={stop} type="button" class="button button-danger" onClick={onCancel}>
          {t("upload.stop")}
        </button>
        <button type="button" class="button" onClick={keep}>
          {t("upload.goOn")}
        </button>
      </div>
    </fieldset>
  );
}
