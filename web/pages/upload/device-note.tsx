import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PartDecision, PartReason } from "../../encoder/capability.ts";
import { formatSpeed } from "../../ui/format.ts";
import { InfoIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";

/** Says which machines do the work, and why. With a switch where this site has servers. */
export function DeviceNote({
  decision,
  canLeave = false,
  onServers,
}: {
  decision: PartDecision;
  /** Whether the job does not need this tab any more, because it has uploaded all chunks. */
  canLeave?: boolean;
  onServers(use: boolean): void;
}) {
  const usesServers = decision.part !== "alone";
  // The switch shows the person's choice until the worker has answered.
  const asked = useSignal<boolean | null>(null);
  useEffect(() => {
    asked.value = null;
  }, [asked, usesServers]);
  if (decision.reason === "no-servers") return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p data-part={decision.part}>
        <b>{t(TITLES[decision.part])}</b> {reasonText(decision)}
        {usesServers && canLeave && ` ${t("upload.everythingNeededIsUploadedYou")}`}
      </p>
      <label class="switch">
        <input
          type="checkbox"
          checked={asked.value ?? usesServers}
          onChange={(event) => {
            asked.value = event.currentTarget.checked;
            onServers(event.currentTarget.checked);
          }}
        />{" "}
        {t("upload.useThisSitesServers")}
      </label>
    </Note>
  );
}

/** The note without a switch, for jobs in which servers do some of the work. */
export function ServersNote({ decision }: { decision: PartDecision }) {
  if (decision.part === "alone") return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p>
        {rich("upload.theyGetPiecesOfYour", {
          title: t(TITLES[decision.part]),
          b: (inside) => <b>{inside}</b>,
          i: (inside) => <i>{inside}</i>,
        })}
      </p>
    </Note>
  );
}

const TITLES: Record<PartDecision["part"], Key> = {
  alone: "upload.thisDeviceDoesTheWork",
  helped: "upload.serversHelpThisDevice",
  weak: "upload.serversDoTheWorkThis",
};

function reasonText({ reason, measuredSpeed }: PartDecision): string {
  if (reason === "measured" && measuredSpeed !== null) {
    return t("upload.itMadeYourVideoAt", { measuredSpeed: formatSpeed(measuredSpeed) });
  }
  if (reason === "chosen") return t("upload.asYouChose");
  return reason === "no-servers" ? "" : t(REASONS[reason]);
}

const REASONS: Record<Exclude<PartReason, "chosen" | "no-servers">, Key> = {
  enough: "upload.itIsFastEnoughAnd",
  "no-engine": "upload.thisBrowserCannotRunThe",
  "one-core": "upload.itHasASingleProcessor",
  "little-memory": "upload.itHasLittleMemory",
  "few-cores": "upload.itIsASmallDevice",
  measured: "upload.itWasMeasuredToBe",
};
