import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { JobSettings } from "../../../shared/job/job.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { InfoIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";

export type VerifyPolicy = JobSettings["verify"];

/**
 * A setting as it is shown: as it was put, until the coordinator says how it is.
 * @param tell resolves to whether it was said
 */
function useAsked<T>(
  known: T,
  tell: (value: T) => Promise<boolean>,
): [shown: T, put: (value: T) => Promise<void>] {
  const asked = useSignal<T | null>(null);
  useEffect(() => {
    if (asked.value === known) asked.value = null;
  }, [asked, known]);
  const put = async (value: T): Promise<void> => {
    asked.value = value;
    if (!(await tell(value))) asked.value = null;
  };
  return [asked.value ?? known, put];
}

const VERIFY_TEXTS: Readonly<Record<VerifyPolicy, { choice: string; hint: string }>> = {
  adaptive: {
    choice: "Less with growing trust",
    hint: "A newcomer's parts are made twice and compared; the more agree, the fewer.",
  },
  all: { choice: "Everything", hint: "All that others make is made twice: half the speed." },
  off: {
    choice: "Nothing",
    hint: "Only for people you know: parts are checked for faults, not for other pictures.",
  },
};

/** How closely helpers' work is looked at. */
export function Checking({
  policy,
  onChange,
}: {
  policy: VerifyPolicy;
  /** Whether it was said. */
  onChange(policy: VerifyPolicy): Promise<boolean>;
}) {
  const [shown, put] = useAsked(policy, onChange);
  return (
    <div class="checking">
      <label class="menu">
        <span>Check helpers' work</span>
        <select
          value={shown}
          aria-describedby="checking-hint"
          onChange={(event) => put(event.currentTarget.value as VerifyPolicy)}
        >
          {Object.entries(VERIFY_TEXTS).map(([id, { choice }]) => (
            <option key={id} value={id}>
              {choice}
            </option>
          ))}
        </select>
      </label>
      <p id="checking-hint" class="hint">
        {VERIFY_TEXTS[shown].hint}
      </p>
    </div>
  );
}

/** Whether the tab may be closed, and the switch that makes it so. */
export function Leaving({
  job,
  onStageAll,
}: {
  job: JobView;
  /** Whether it was said. */
  onStageAll(on: boolean): Promise<boolean>;
}) {
  const known = job.settings.stageAll;
  const [stageAll, put] = useAsked(known, onStageAll);
  const left = job.tasksNeedingSource;
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          checked={stageAll}
          onChange={(event) => put(event.currentTarget.checked)}
        />
        <span>
          Let the helpers finish it
          <br />
          <span class="hint">Uploads all pieces now, so that this tab can be closed.</span>
        </span>
      </label>
      {stageAll && (
        <Note kind="info" icon={<InfoIcon />}>
          <p role="status">
            {left === 0 && known ? (
              <>
                <b>Safe to close this tab.</b> The helpers have all they need.
              </>
            ) : (
              `Keep this tab open: ${left} ${left === 1 ? "piece is" : "pieces are"} still to be uploaded.`
            )}
          </p>
        </Note>
      )}
    </>
  );
}
