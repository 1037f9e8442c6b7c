import type { HolderView } from "../../../shared/wire/job-view.ts";
import { formatSpeed } from "../../ui/format.ts";
import { type Key, rich, t } from "../../words/words.ts";

/** The helpers and what they did, as chips. Each chip opens to show details and a button that removes the helper. */
export function HelperList({
  helpers,
  isFast,
  onRemove,
}: {
  helpers: readonly HolderView[];
  /** Whether the job takes video that helpers' browser codecs made. */
  isFast: boolean;
  onRemove(holderId: string): void;
}) {
  if (helpers.length === 0) return null;
  return (
    <ul class="helpers">
      {helpers.map((helper) => (
        <Helper
          key={helper.id}
          helper={helper}
          isFast={isFast && helper.engines.includes("webcodecs")}
          onRemove={() => onRemove(helper.id)}
        />
      ))}
    </ul>
  );
}

/** Text with the number of connected helpers. */
export function helpersText(helpers: readonly HolderView[]): string {
  const here = helpers.filter(({ connected }) => connected).length;
  return t("upload.devicesHelp", { here });
}

interface HelperProps {
  helper: HolderView;
  /** Whether the job takes video that helpers' browser codecs made. */
  isFast: boolean;
  onRemove(): void;
}

function Helper({ helper, isFast, onRemove }: HelperProps) {
  const { name, device, connected, tasksDone, speed, trust } = helper;
  const facts = [
    isFast ? t("upload.fastEncoder") : t("upload.x264InWebassembly"),
    speed === null ? null : t("upload.aCore", { speed: formatSpeed(speed) }),
    TRUST_TEXTS[trust] && t(TRUST_TEXTS[trust]),
  ];
  return (
    <li class={connected ? "helper-chip" : "helper-chip is-gone"}>
      <details>
        <summary>
          <b>{name}</b>{" "}
          <span class="hint">
            {[device, t("upload.partsDone", { count: tasksDone })].join(" · ")}
            {!connected && ` · ${t("upload.gone")}`}
          </span>
        </summary>
        <p class="hint">{facts.filter((fact) => fact !== null).join(" · ")}</p>
        {connected && trust !== "banned" && (
          <button type="button" class="button" onClick={onRemove}>
            {rich("upload.remove", {
              name,
              span: (inside) => <span class="visually-hidden">{inside}</span>,
            })}
          </button>
        )}
      </details>
    </li>
  );
}

const TRUST_TEXTS: Readonly<Record<HolderView["trust"], Key | null>> = {
  trusted: null,
  new: "upload.isNew",
  proven: "upload.severalPartsProvenRight",
  banned: "upload.sentAway",
};
