import { AUDIO_KILOBITS, type AudioChoice } from "../../../shared/plan/audio-choice.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import { useAsked } from "./asked.ts";
import { AUDIO } from "./texts.ts";

/** How the sound is made. Where the file has none, nothing. */
export function AudioSettings({
  inspection: { audio, audioChoice },
  disabled,
  onChange,
}: {
  inspection: Pick<Inspection, "audio" | "audioChoice">;
  disabled: boolean;
  /** Resolves to whether it was said. */
  onChange(choice: AudioChoice): Promise<boolean>;
}) {
  const [shown, put] = useAsked(audioChoice, onChange);
  if (audio.length === 0) return null;
  const rate = shown.kilobitsPerSecond ?? AUDIO_KILOBITS.usual;
  const rates = [...new Set([...Object.keys(AUDIO.rates).map(Number), rate])];
  return (
    <div class="checking">
      <label class="menu">
        <span>{AUDIO.rate}</span>
        <select
          value={rate}
          disabled={disabled}
          aria-describedby="audio-hint"
          onChange={(event) =>
            put({ ...shown, kilobitsPerSecond: Number(event.currentTarget.value) })
          }
        >
          {rates.map((each) => (
            <option key={each} value={each}>
              {AUDIO.rates[each] ?? AUDIO.otherRate(each)}
            </option>
          ))}
        </select>
      </label>
      <p id="audio-hint" class="hint">
        {AUDIO.rateHint}
      </p>
    </div>
  );
}
