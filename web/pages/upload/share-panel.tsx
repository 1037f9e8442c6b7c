import { useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import type { JobSettings } from "../../../shared/job/job.ts";
import type { ShareResponse } from "../../../shared/wire/api.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { forgetHelperLink, helperLinkOf, keepHelperLink } from "../../saved/helper-links.ts";
import { errorText } from "../../ui/error-texts.ts";
import { formatWait } from "../../ui/format.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";
import { secondsWithPhones } from "./forecast.ts";
import { HelperList, helpersText } from "./helper-list.tsx";
import { Checking, Leaving, Unverified, type VerifyPolicy } from "./helper-settings.tsx";
import { OpenLink } from "./open-link.tsx";

/** Actions on the present job: links for helpers, helpers, and the job's settings. */
export interface ShareActions {
  share(): Promise<ShareResponse>;
  revoke(): Promise<void>;
  remove(holderId: string): Promise<void>;
  stageAll(on: boolean): Promise<void>;
  verify(policy: VerifyPolicy): Promise<void>;
  unverified(what: JobSettings["unverified"]): Promise<void>;
}

/** Panel for other devices that help: the link for them, their list, and whether this tab may be closed. */
export function SharePanel({
  job,
  etaSeconds,
  actions,
}: {
  job: JobView;
  /** Seconds left of this job; null where they cannot be estimated. */
  etaSeconds: number | null;
  actions: ShareActions;
}) {
  const link = useSignal<ShareResponse | null>(helperLinkOf(job.id, Date.now()));
  const pending = useSignal(false);
  const problem = useSignal<string | null>(null);
  const helpers = job.holders.filter(({ role }) => role === "contributor");
  // Helpers' browser codecs are used only in jobs whose owner's tab uses its browser's codecs, too.
  const isFast = job.holders.some(({ role, engines }) => {
    return role === "owner" && engines.includes("webcodecs");
  });

  const run = async (action: () => Promise<void>): Promise<boolean> => {
    pending.value = true;
    problem.value = null;
    try {
      await action();
      return true;
    } catch (thrown) {
      const text = errorText(toWireError(thrown).code);
      problem.value = `${text.title}. ${text.advice}`;
      return false;
    } finally {
      pending.value = false;
    }
  };

  return (
    <section class="card helpers-card" aria-labelledby="share-title">
      <div class="card-head">
        <h2 id="share-title" class="card-title">
          {t("upload.helpers")}
        </h2>
        <span class="hint">{helpersText(helpers)}</span>
      </div>
      {job.pool != null && (
        <p role="status">
          {job.pool.members === 0
            ? t("upload.thePoolWasAskedFor", { name: job.pool.name })
            : t("upload.thePoolIsHelpingWith", {
                name: job.pool.name,
                count: job.pool.members,
              })}
        </p>
      )}
      {link.value === null ? (
        <>
          <p>
            <b>{t("upload.helpers.offer")}</b> {outlook(job, etaSeconds)}
          </p>
          <p class="hint">{t("upload.helpers.how")}</p>
          <div class="actions">
            <button
              type="button"
              class="button"
              disabled={pending.value}
              onClick={() =>
                run(async () => {
                  link.value = await actions.share();
                  keepHelperLink(job.id, link.value);
                })
              }
            >
              {t("upload.makeALinkForHelpers")}
            </button>
          </div>
        </>
      ) : (
        <>
          <p>{outlook(job, etaSeconds)}</p>
          <OpenLink
            link={link.value}
            pending={pending.value}
            onRevoke={() =>
              run(async () => {
                await actions.revoke();
                link.value = null;
                forgetHelperLink(job.id);
              })
            }
          />
        </>
      )}
      {problem.value !== null && (
        <Note kind="danger" icon={<WarningIcon />}>
          <p role="alert">{problem.value}</p>
        </Note>
      )}
      <HelperList
        helpers={helpers}
        isFast={isFast}
        onRemove={(holderId) => run(() => actions.remove(holderId))}
      />
      <Leaving job={job} onStageAll={(on) => run(() => actions.stageAll(on))} />
      <details class="details">
        <summary>{t("upload.helpers.advanced")}</summary>
        <p class="hint">{t("upload.helpers.groups")}</p>
        <Checking
          policy={job.settings.verify}
          onChange={(policy) => run(() => actions.verify(policy))}
        />
        <Unverified job={job} onChange={(what) => run(() => actions.unverified(what))} />
      </details>
    </section>
  );
}

/** Text about the time that two more phones would save; "" where that is little. */
function outlook({ settings, holders }: JobView, etaSeconds: number | null): string {
  if (etaSeconds === null || etaSeconds < WORTH_SECONDS || settings.verify === "all") return "";
  const shared = secondsWithPhones(holders, etaSeconds, 2);
  return t("upload.helpers.outlook", { shared: formatWait(shared), alone: formatWait(etaSeconds) });
}

/** With less time left, help comes too late. */
const WORTH_SECONDS = 60;
