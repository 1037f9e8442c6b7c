import { useSignal } from "@preact/signals";
import { toWireError, type WireError } from "../../shared/job/errors.ts";
import type { SignedLink, VideoPatch } from "../../shared/wire/api.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { type Key, t } from "../words/words.ts";
import { CopyField } from "./copy-field.tsx";
import { InlineError } from "./error-view.tsx";
import { FormField } from "./form-field.tsx";
import { formatDateTime } from "./format.ts";
import { VisibilityChoice } from "./visibility-choice.tsx";

/** Actions by which an owner decides who can watch a video. All reject on failure. */
export interface AccessActions {
  change(patch: VideoPatch): Promise<unknown>;
  link(expiresInMinutes: number): Promise<SignedLink>;
  withdrawLinks(): Promise<void>;
}

const DAY = 24 * 60;
const LIVES: readonly [minutes: number, name: Key][] = [
  [DAY, "ui.aDay"],
  [7 * DAY, "ui.aWeek"],
  [30 * DAY, "ui.aMonth"],
  [365 * DAY, "ui.aYear"],
];
const SHORTEST_PASSPHRASE = 8;

/** Panel to decide who can find a video. A private video has links that expire, and a passphrase. */
export function AccessPanel({
  access,
  actions,
  onVisibility,
}: {
  /** Access when the panel opens. */
  access: { visibility: Visibility; hasPassphrase: boolean };
  actions: AccessActions;
  onVisibility?(visibility: Visibility): void;
}) {
  const visibility = useSignal(access.visibility);
  const hasPassphrase = useSignal(access.hasPassphrase);
  const error = useSignal<WireError | null>(null);
  const isBusy = useSignal(false);
  const run = async (work: () => Promise<unknown>) => {
    error.value = null;
    isBusy.value = true;
    try {
      await work();
    } catch (thrown) {
      error.value = toWireError(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <VisibilityChoice
        visibility={visibility.value}
        disabled={isBusy.value}
        onChange={(chosen) =>
          run(async () => {
            await actions.change({ visibility: chosen });
            visibility.value = chosen;
            onVisibility?.(chosen);
          })
        }
      />
      {visibility.value === "private" && (
        <>
          <LinkMaker isBusy={isBusy.value} actions={actions} run={run} />
          <PassphraseField
            isSet={hasPassphrase.value}
            isBusy={isBusy.value}
            onSet={(passphrase) =>
              run(async () => {
                await actions.change({ passphrase });
                hasPassphrase.value = passphrase !== null;
              })
            }
          />
        </>
      )}
      {error.value !== null && <InlineError error={error.value} />}
    </>
  );
}

function LinkMaker({
  isBusy,
  actions,
  run,
}: {
  isBusy: boolean;
  actions: AccessActions;
  run(work: () => Promise<unknown>): Promise<void>;
}) {
  const life = useSignal(7 * DAY);
  const link = useSignal<SignedLink | null>(null);
  const said = useSignal("");
  return (
    <>
      <FormField label={t("ui.aLinkThatEndsAfter")} hint={t("ui.whoeverHasItCanWatch")}>
        {(props) => (
          <select
            {...props}
            value={life.value}
            onChange={(event) => {
              life.value = Number(event.currentTarget.value);
            }}
          >
            {LIVES.map(([minutes, name]) => (
              <option key={minutes} value={minutes}>
                {t(name)}
              </option>
            ))}
          </select>
        )}
      </FormField>
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() =>
            run(async () => {
              link.value = await actions.link(life.value);
              said.value = "";
            })
          }
        >
          {t("ui.makeALink")}
        </button>
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() =>
            run(async () => {
              await actions.withdrawLinks();
              link.value = null;
              said.value = t("ui.allLinksHaveEnded");
            })
          }
        >
          {t("ui.endAllLinks")}
        </button>
      </div>
      <p class="hint" role="status">
        {said.value}
      </p>
      {link.value !== null && (
        <CopyField
          key={link.value.key}
          label={t("ui.linkToWatch")}
          text={link.value.watchUrl}
          hint={t("ui.until", { date: formatDateTime(link.value.expiresAtMs) })}
        />
      )}
    </>
  );
}

function PassphraseField({
  isSet,
  isBusy,
  onSet,
}: {
  isSet: boolean;
  isBusy: boolean;
  onSet(passphrase: string | null): Promise<void>;
}) {
  const passphrase = useSignal("");
  const isShort = passphrase.value.length < SHORTEST_PASSPHRASE;
  const hint = isSet
    ? t("ui.thereIsOneANew")
    : t("ui.thePageThenAsksFor", { shortest: SHORTEST_PASSPHRASE });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isShort) return;
        void onSet(passphrase.value).then(() => {
          passphrase.value = "";
        });
      }}
    >
      <FormField label={t("ui.passphrase")} hint={hint}>
        {(props) => (
          <input
            {...props}
            type="text"
            autoComplete="off"
            maxLength={200}
            value={passphrase.value}
            onInput={(event) => {
              passphrase.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <div class="actions">
        <button type="submit" class="button" disabled={isBusy || isShort}>
          {isSet ? t("ui.changeThePassphrase") : t("ui.setThePassphrase")}
        </button>
        {isSet && (
          <button type="button" class="button" disabled={isBusy} onClick={() => void onSet(null)}>
            {t("ui.takeThePassphraseAway")}
          </button>
        )}
      </div>
    </form>
  );
}
