import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { WireError } from "../../../shared/job/errors.ts";
import type { AudioChoice } from "../../../shared/plan/audio-choice.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import type { InspectedState } from "../../owner/owner-api.ts";
import { formatBitrate, languageName } from "../../ui/format.ts";
import { t } from "../../words/words.ts";
import { AudioSettings } from "./audio-settings.tsx";
import { DeviceNote } from "./device-note.tsx";
import { Checking, type VerifyPolicy } from "./helper-settings.tsx";
import { LadderEditor } from "./ladder-editor.tsx";
import { pictureMaker } from "./picture-choice.tsx";

/** Settings for experts, in a fold that opens by itself where one of them is wrong. */
export function ExpertSettings({
  state: { inspection, part },
  ladderError,
  verify,
  disabled,
  onLadder,
  onAudio,
  onServers,
  onVerify,
}: {
  state: InspectedState;
  ladderError: WireError | null;
  verify: VerifyPolicy;
  disabled: boolean;
  onLadder(ladder: LadderRung[]): void;
  onAudio(choice: AudioChoice): Promise<boolean>;
  onServers(use: boolean): void;
  onVerify(verify: VerifyPolicy): Promise<void>;
}) {
  const { source, audio, video, ladder } = inspection;
  const isOpen = useSignal(false);
  useEffect(() => {
    if (ladderError !== null) isOpen.value = true;
  }, [ladderError]);
  return (
    <details
      class="details expert"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{t("upload.picked.expert")}</summary>
      <p class="hint">{t("upload.picked.expertHint")}</p>
      <LadderEditor
        key={source.fingerprint}
        ladder={ladder}
        video={video}
        largestSide={Math.min(source.video.displayWidth, source.video.displayHeight)}
        error={ladderError}
        onChange={onLadder}
      />
      <dl class="facts facts-narrow">
        <div class="fact fact-wide">
          <dt>{t("upload.pictureMadeBy")}</dt>
          <dd>{pictureMaker(inspection)}</dd>
        </div>
        {audio.length > 0 && (
          <div class="fact">
            <dt>{t("upload.sound")}</dt>
            {audio.map((track) => (
              <dd key={track.id}>
                {[
                  languageName(track.language),
                  t("upload.aac", { bitsPerSecond: formatBitrate(track.bitsPerSecond) }),
                ]
                  .filter(Boolean)
                  .join(t("ui.comma"))}
              </dd>
            ))}
          </div>
        )}
        <div class="fact">
          <dt>{t("upload.work")}</dt>
          <dd>
            {t("upload.in", {
              segments: inspection.segmentCount,
              tasks: inspection.taskCount,
            })}
          </dd>
        </div>
      </dl>
      <AudioSettings inspection={inspection} disabled={disabled} onChange={onAudio} />
      <Checking policy={verify} onChange={(policy) => onVerify(policy).then(() => true)} />
      <DeviceNote decision={part} onServers={onServers} />
    </details>
  );
}
