import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { renderSVG } from "uqr";
import { toWireError } from "../../../shared/job/errors.ts";
import type { JobSettings } from "../../../shared/job/job.ts";
import type { ShareResponse } from "../../../shared/wire/api.ts";
import type { HolderView } from "../../../shared/wire/job-view.ts";
import type { HolderState } from "../../owner/owner-api.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { formatSpeed } from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";

export interface ShareActions {
  share(): Promise<ShareResponse>;
  revoke(): Promise<void>;
  remove(holderId: string): Promise<void>;
  stageAll(on: boolean): Promise<void>;
  verify(policy: VerifyPolicy): Promise<void>;
}

type VerifyPolicy = JobSettings["verify"];

/** Other devices that help: the link to them, who is there, and when this tab may be closed. */
export function SharePanel({ state, actions }: { state: HolderState; actions: ShareActions }) {
  const link = useSignal<ShareResponse | null>(null);
  const pending = useSignal(false);
  const problem = useSignal<string | null>(null);
  const { job } = state;
  if (job === null) return null;
  const helpers = job.holders.filter(({ role }) => role === "contributor");
  // Helpers' own codecs are for jobs whose owner uses its own, too.
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
      const text = ERROR_TEXTS[toWireError(thrown).code];
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
          Helpers
        </h2>
        <span class="hint">{helpersText(helpers)}</span>
      </div>
      {link.value === null ? (
        <>
          <p class="hint">
            Other devices can make this faster: whoever opens your link lends their browser. Each
            part they send is checked, and nobody has to install anything.
          </p>
          <div class="actions">
            <button
              type="button"
              class="button"
              disabled={pending.value}
              onClick={() =>
                run(async () => {
                  link.value = await actions.share();
                })
              }
            >
              Make a link for helpers
            </button>
          </div>
        </>
      ) : (
        <OpenLink
          link={link.value}
          pending={pending.value}
          onRevoke={() =>
            run(async () => {
              await actions.revoke();
              link.value = null;
            })
          }
        />
      )}
      {problem.value !== null && (
        <Note kind="danger" icon={<WarningIcon />}>
          <p role="alert">{problem.value}</p>
        </Note>
      )}
      {helpers.length > 0 && (
        <ul class="helpers">
          {helpers.map((helper) => (
            <Helper
              key={helper.id}
              helper={helper}
              isFast={isFast && helper.engines.includes("webcodecs")}
              onRemove={() => run(() => actions.remove(helper.id))}
            />
          ))}
        </ul>
      )}
      <Checking
        policy={job.settings.verify}
        onChange={(policy) => run(() => actions.verify(policy))}
      />
      <Leaving state={state} onStageAll={(on) => run(() => actions.stageAll(on))} />
    </section>
  );
}

function OpenLink({
  link,
  pending,
  onRevoke,
}: {
  link: ShareResponse;
  pending: boolean;
  onRevoke(): void;
}) {
  const until = new Date(link.expiresAtMs).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (
    <>
      <div class="share-open">
        <CopyField
          label="Link for helpers"
          text={link.joinUrl}
          hint={`For up to ${link.maxContributors} devices, until ${until}. Whoever has it can help and sees pieces of the video.`}
        />
        <div
          class="share-qr"
          role="img"
          aria-label="The link for helpers as a QR code"
          // The library's own output for our own text: no markup of anybody else is in it.
          dangerouslySetInnerHTML={{ __html: renderSVG(link.joinUrl, { border: 0 }) }}
        />
      </div>
      <div class="actions">
        <button type="button" class="button" disabled={pending} onClick={onRevoke}>
          End the link
        </button>
      </div>
    </>
  );
}

interface HelperProps {
  helper: HolderView;
  /** Makes pictures by its browser's own codecs. */
  isFast: boolean;
  onRemove(): void;
}

function Helper({ helper, isFast, onRemove }: HelperProps) {
  const { name, device, connected, tasksDone, speed, trust } = helper;
  const facts = [
    device,
    isFast ? "fast encoder" : "x264 in WebAssembly",
    speed === null ? null : `${formatSpeed(speed)} a core`,
    `${tasksDone} ${tasksDone === 1 ? "part" : "parts"}`,
    TRUST_TEXTS[trust],
  ];
  return (
    <li>
      <span>
        <b>{name}</b> {!connected && <span class="hint">(gone)</span>}
        <br />
        <span class="hint">{facts.filter((fact) => fact !== null).join(" · ")}</span>
      </span>
      {connected && trust !== "banned" && (
        <button type="button" class="button button-small" onClick={onRemove}>
          Remove<span class="visually-hidden"> {name}</span>
        </button>
      )}
    </li>
  );
}

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
function Checking({
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
function Leaving({
  state,
  onStageAll,
}: {
  state: HolderState;
  /** Whether it was said. */
  onStageAll(on: boolean): Promise<boolean>;
}) {
  const { job } = state;
  const known = job?.settings.stageAll ?? false;
  const [stageAll, put] = useAsked(known, onStageAll);
  if (job === null) return null;
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

const TRUST_TEXTS: Readonly<Record<HolderView["trust"], string | null>> = {
  trusted: null,
  new: "new: every part is checked twice",
  proven: "proven",
  banned: "sent away",
};

function helpersText(helpers: readonly HolderView[]): string {
  const here = helpers.filter(({ connected }) => connected).length;
  if (here === 0) return "Only this tab is at work";
  return here === 1 ? "1 device helps" : `${here} devices help`;
}
