import type { JobSettings } from "../../../shared/job/job.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import { useAsked } from "./asked.ts";

export type VerifyPolicy = JobSettings["verify"];

const VERIFY_TEXTS: Readonly<Record<VerifyPolicy, { choice: Key; hint: Key }>> = {
  adaptive: {
    choice: "upload.samples",
    hint: "upload.thisTabMakesANewcomers",
  },
  all: {
    choice: "upload.everything",
    hint: "upload.thisTabMakesEveryPart",
  },
  off: {
    choice: "upload.nothing",
    hint: "upload.onlyForPeopleYouKnow",
  },
};

/** Menu for how closely helpers' results are checked. */
export function Checking({
  policy,
  onChange,
}: {
  policy: VerifyPolicy;
  /** Resolves to whether the change was sent. */
  onChange(policy: VerifyPolicy): Promise<boolean>;
}) {
  const [shown, put] = useAsked(policy, onChange);
  return (
    <div class="checking">
      <label class="menu">
        <span>{t("upload.checkHelpersWork")}</span>
        <select
          value={shown}
          aria-describedby="checking-hint"
          onChange={(event) => put(event.currentTarget.value as VerifyPolicy)}
        >
          {Object.entries(VERIFY_TEXTS).map(([id, { choice }]) => (
            <option key={id} value={id}>
              {t(choice)}
            </option>
          ))}
        </select>
      </label>
      <p id="checking-hint" class="hint">
        {t(VERIFY_TEXTS[shown].hint)}
      </p>
    </div>
  );
}

/** Says whether the tab may be closed, with the switch that uploads all chunks to make that possible. */
export function Leaving({
  job,
  onStageAll,
}: {
  job: JobView;
  /** Resolves to whether the change was sent. */
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
            {rich("upload.everythingIsMadeButNot", { b: (inside) => <b>{inside}</b> })}
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
          {t("upload.letTheHelpersFinishIt")}
          <br />
          <span class="hint">{t("upload.uploadsAllPiecesNowSo")}</span>
        </span>
      </label>
      {stageAll && (
        <Note kind="info" icon={<InfoIcon />}>
          <p role="status">
            {left === 0 && known ? (
              <>
                {rich("upload.safeToCloseThisTab", { b: (inside) => <b>{inside}</b> })}{" "}
                {isChecked && t("upload.whatTheyMakeThenWaits")}
              </>
            ) : (
              t("upload.keepThisTabOpenPieces", { left })
            )}
          </p>
        </Note>
      )}
    </>
  );
}

/** Switch for what happens to unchecked results while no trusted holder is connected to check them. */
export function Unverified({
  job: { settings },
  onChange,
}: {
  job: JobView;
  /** Resolves to whether the change was sent. */
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
        {t("upload.publishWithoutACheck")}
        <br />
        <span class="hint">{t("upload.whenAllIsMadeAnd")}</span>
      </span>
    </label>
  );
}
