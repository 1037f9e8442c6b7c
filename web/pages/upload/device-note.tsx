import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PartDecision, PartReason } from "../../encoder/capability.ts";
import { formatSpeed } from "../../ui/format.ts";
import { InfoIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";

/** Says which machines do the work and why; with a switch, where this site has servers. */
export function DeviceNote({
  decision,
  canLeave = false,
  onServers,
}: {
  decision: PartDecision;
  /** Everything that the work needs of this tab is uploaded. */
  canLeave?: boolean;
  onServers(use: boolean): void;
}) {
  const usesServers = decision.part !== "alone";
  // What was just switched stays so until the worker's answer is here.
  const asked = useSignal<boolean | null>(null);
  useEffect(() => {
    asked.value = null;
  }, [asked, usesServers]);
  if (decision.reason === "no-servers") return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p data-part={decision.part}>
        <b>{TITLES[decision.part]}</b> {reasonText(decision)}
        {usesServers && canLeave && " Everything needed is uploaded: you may close this tab."}
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
        Use this site's servers
      </label>
    </Note>
  );
}

/** Where servers do some of the work: in words, without the switch. */
export function ServersNote({ decision }: { decision: PartDecision }) {
  if (decision.part === "alone") return null;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p>
        <b>{TITLES[decision.part]}</b> They get pieces of your file. You can change that under{" "}
        <i>Expert</i>.
      </p>
    </Note>
  );
}

const TITLES: Record<PartDecision["part"], string> = {
  alone: "This device does the work.",
  helped: "Servers help this device.",
  weak: "Servers do the work; this device only cuts and uploads.",
};

function reasonText({ reason, measuredSpeed }: PartDecision): string {
  if (reason === "measured" && measuredSpeed !== null) {
    return `It made your video at ${formatSpeed(measuredSpeed)} of real time, measured just now.`;
  }
  if (reason === "chosen") return "As you chose.";
  return REASONS[reason];
}

const REASONS: Record<Exclude<PartReason, "chosen">, string> = {
  enough: "It is fast enough, and your video stays here until it is made.",
  "no-servers": "",
  "no-engine": "This browser cannot run the encoder.",
  "one-core": "It has a single processor core.",
  "little-memory": "It has little memory.",
  "few-cores": "It is a small device; with help it goes faster.",
  measured: "It was measured to be slow.",
};
