import type { JobSettings } from "../../../shared/job/job.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { useAsked } from "./asked.ts";

export type VerifyPolicy = JobSettings["verify"];

const VERIFY_TEXTS: Readonly<Record<VerifyPolicy, { choice: string; hint: string }>> = {
  adaptive: {
    choice: "Samples",
    hint: "This tab makes a newcomer's parts a second time and compares, later ones by chance. One wrong part costs everybody of the same link what was not checked. A rare wrong part can still slip through.",
  },
  all: {
    choice: "Everything",
    hint: "This tab makes every part of theirs a second time. Nothing wrong slips through, but it takes about as long as without helpers.",
  },
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
  const { verify, unverified } = job.settings;
  const known = job.settings.stageAll;
  const [stageAll, put] = useAsked(known, onStageAll);
  const left = job.tasksNeedingSource;
  const isChecked = verify === "all" || (verify === "adaptive" && unverified === "wait");
  return (
    <>
      {job.awaitsVerification === true && (
        <Note kind="warn" icon={<WarningIcon />}>
          <p role="status">
            <b>Everything is made, but not everything is checked.</b> Parts made by helpers wait
            until this tab is at work (not paused) or a server comes.
          </p>
        </Note>
      )}
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
                <b>Safe to close this tab.</b> The helpers have all they need.{" "}
                {isChecked &&
                  "What they make then waits to be checked, until you open this page again or a server comes."}
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

/** What becomes of unchecked parts when nobody is there to check them. */
export function Unverified({
  job: { settings },
  onChange,
}: {
  job: JobView;
  /** Whether it was said. */
  onChange(what: JobSettings["unverified"]): Promise<boolean>;
}) {
  const [shown, putUnverified] = useAsked(settings.unverified, onChange);
  if (settings.verify !== "adaptive") return null;
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={shown === "publish"}
        onChange={(event) => putUnverified(event.currentTarget.checked ? "publish" : "wait")}
      />
      <span>
        Publish without a check if need be
        <br />
        <span class="hint">
          When all is made and neither this tab nor a server is here to check helpers' parts. That
          helpers in two networks made the same is shown in the report, but proves nothing.
        </span>
      </span>
    </label>
  );
}
