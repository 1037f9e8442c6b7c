import type { HolderView } from "../../../shared/wire/job-view.ts";
import { formatSpeed } from "../../ui/format.ts";

/** The devices that help, each with a way to remove it. */
export function HelperList({
  helpers,
  isFast,
  onRemove,
}: {
  helpers: readonly HolderView[];
  /** The job takes video from helpers' own codecs. */
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

/** How many of them are here. */
export function helpersText(helpers: readonly HolderView[]): string {
  const here = helpers.filter(({ connected }) => connected).length;
  if (here === 0) return "Only this tab is at work";
  return here === 1 ? "1 device helps" : `${here} devices help`;
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
        <button type="button" class="button" onClick={onRemove}>
          Remove<span class="visually-hidden"> {name}</span>
        </button>
      )}
    </li>
  );
}

const TRUST_TEXTS: Readonly<Record<HolderView["trust"], string | null>> = {
  trusted: null,
  new: "new",
  proven: "several parts proven right",
  banned: "sent away",
};
