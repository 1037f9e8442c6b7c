import { type Signal, useSignal } from "@preact/signals";
import type { PoolLinkKind, PoolLinkRequest, PoolOverview } from "../../../shared/wire/pool.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { formatDate } from "../../ui/format.ts";
import { QrCode } from "../../ui/qr-code.tsx";
import { t } from "../../words/words.ts";
import { CountField } from "./count-field.tsx";

const DAYS = [1, 7, 30, 180, 365, 730] as const;
const A_YEAR = 365;
const USUAL_MEMBERS = 500;

/** A pool's links: those that there are, and a form for one more. */
export function PoolLinks({
  shown,
  made,
  onAdd,
  onEnd,
}: {
  shown: PoolOverview;
  /** The link that was just made: its address is known only now. */
  made: Signal<{ label: string; url: string } | null>;
  onAdd(request: PoolLinkRequest): void;
  onEnd(linkId: string): void;
}) {
  const label = useSignal("");
  const expiresInDays = useSignal<number>(A_YEAR);
  const maxMembers = useSignal<number>(USUAL_MEMBERS);
  const add = (kind: PoolLinkKind) =>
    onAdd({
      kind,
      label: label.value,
      expiresInDays: expiresInDays.value,
      ...(kind === "join" && { maxMembers: maxMembers.value }),
    });
  return (
    <section class="card pool-card" aria-labelledby="links-title">
      <h2 id="links-title">{t("pool.links")}</h2>
      <ul class="pool-links">
        {shown.links.map((link) => (
          <li key={link.linkId}>
            <span>
              <b>{link.kind === "join" ? t("pool.forHelpers") : t("pool.forOwners")}</b>
              {linkFacts(link)}
            </span>
            {!isOver(link) && (
              <button type="button" class="button" onClick={() => onEnd(link.linkId)}>
                {t("pool.end")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <FormField label={t("pool.nameOfANewLink")}>
        {(props) => (
          <input
            {...props}
            type="text"
            maxLength={60}
            placeholder={t("pool.class7b")}
            value={label.value}
            onInput={(event) => {
              label.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <FormField label={t("pool.validFor")}>
        {(props) => (
          <select
            {...props}
            value={expiresInDays.value}
            onChange={(event) => {
              expiresInDays.value = Number(event.currentTarget.value);
            }}
          >
            {DAYS.map((days) => (
              <option key={days} value={days}>
                {t("pool.days", { days })}
              </option>
            ))}
          </select>
        )}
      </FormField>
      <CountField
        label={t("pool.mostComputersByIt")}
        hint={t("pool.mostComputersHint")}
        most={1_000}
        count={maxMembers}
      />
      <div class="actions">
        <button type="button" class="button" onClick={() => add("join")}>
          {t("pool.linkForHelpers")}
        </button>
        <button type="button" class="button" onClick={() => add("ask")}>
          {t("pool.linkForOwners")}
        </button>
      </div>
      {made.value !== null && (
        <div class="made-link">
          <CopyField
            label={made.value.label}
            text={made.value.url}
            hint={t("pool.itIsShownThisOnce")}
          />
          <div class="qr">
            <QrCode text={made.value.url} />
          </div>
        </div>
      )}
    </section>
  );
}

function isOver({ isClosed, expiresAtMs }: PoolOverview["links"][number]): boolean {
  return isClosed || expiresAtMs <= Date.now();
}

function linkFacts(link: PoolOverview["links"][number]): string {
  const { kind, label, members, maxMembers, lies, expiresAtMs } = link;
  const facts = [
    isOver(link) ? t("pool.hasEnded") : t("pool.until", { until: formatDate(expiresAtMs) }),
    kind === "join" && t("pool.computersCounted", { count: members }),
    kind === "join" && !isOver(link) && t("pool.atTheSameTime", { most: maxMembers }),
    lies > 0 && t("pool.wrongResult", { count: lies }),
  ];
  const name = label === "" ? "" : ` ${label}`;
  return `${name}: ${facts.filter((fact) => fact !== false).join(t("ui.comma"))}`;
}
