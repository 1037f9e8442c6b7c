import { useSignal } from "@preact/signals";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { SlotsField } from "./slots-field.tsx";
import { VideoFacts } from "./video-facts.tsx";

/** What joining means, and one button. */
export function Invitation({
  shown,
  suggestedSlots,
  onWork,
}: {
  shown: ContributorState;
  suggestedSlots: number | null;
  onWork(slots: number): void;
}) {
  const { job, possibleSlots, reason } = shown;
  const slots = useSignal(Math.min(suggestedSlots ?? possibleSlots, possibleSlots));
  return (
    <section class="card contribute-card" aria-labelledby="invite-title">
      <h1 id="invite-title">Lend this device to a video</h1>
      {job !== null && <VideoFacts state={shown} />}
      <h2 class="card-title">What happens when you join</h2>
      <ul class="joining">
        <li>
          This tab downloads short pieces of this video, encodes them for streaming and sends the
          result back.
        </li>
        <li>
          It uses the processor you allow below, and downloads about 10 MB once for the encoder.
        </li>
        <li>
          Pieces of the video pass through this device. Nothing is kept after you close the tab.
        </li>
        <li>The page cannot see your files, camera or anything else on this device.</li>
      </ul>
      {reason !== null ? (
        <Note kind="warn" icon={<WarningIcon />}>
          <p>
            <b>This device cannot help.</b> {reason}
          </p>
        </Note>
      ) : (
        <>
          <SlotsField
            slots={slots.value}
            most={possibleSlots}
            onChange={(next) => (slots.value = next)}
          />
          <div class="actions">
            <button type="button" class="button button-primary" onClick={() => onWork(slots.value)}>
              Start helping
            </button>
          </div>
        </>
      )}
    </section>
  );
}
