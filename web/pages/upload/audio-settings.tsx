import {
  AUDIO_KILOBITS,
  type AudioChoice,
  SURROUND_CHANNELS,
} from "../../../shared/plan/audio-choice.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import { formatBitrate } from "../../ui/format.ts";
import { type Key, t } from "../../words/words.ts";
import { useAsked } from "./asked.ts";

/** Names of the audio rates, by kbit/s of stereo. */
const RATES: Readonly<Record<number, Key>> = {
  96: "upload.audio.rate96",
  128: "upload.audio.rate128",
  192: "upload.audio.rate192",
  256: "upload.audio.rate256",
};

/** Settings for the audio; empty where the file has none. */
export function AudioSettings({
  inspection: { source, audio, audioChoice },
  disabled,
  onChange,
}: {
  inspection: Pick<Inspection, "source" | "audio" | "audioChoice">;
  disabled: boolean;
  /** Resolves to whether the choice was taken. */
  onChange(choice: AudioChoice): Promise<boolean>;
}) {
  const { kilobitsPerSecond, loudness = false, surround = false } = audioChoice;
  const asked = { kilobitsPerSecond, loudness, surround };
  const [shown, put] = useAsked<AudioChoice>(asked, onChange);
  const isMeasuring = disabled && shown.loudness === true && !loudness;
  if (audio.length === 0) return null;
  const rate = shown.kilobitsPerSecond ?? AUDIO_KILOBITS.usual;
  const rates = [...new Set([...Object.keys(RATES).map(Number), rate])];
  return (
    <div class="checking">
      <label class="menu">
        <span>{t("upload.audio.rate")}</span>
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
              {rateText(each)}
            </option>
          ))}
        </select>
      </label>
      <p id="audio-hint" class="hint">
        {t("upload.audio.rateHint")}
      </p>
      <label class="switch">
        <input
          type="checkbox"
          checked={shown.loudness}
          disabled={disabled}
          aria-describedby="loudness-hint"
          onChange={(event) => put({ ...shown, loudness: event.currentTarget.checked })}
        />
        <span>{t("upload.audio.loudness")}</span>
      </label>
      <p id="loudness-hint" class="hint" role="status">
        {t(isMeasuring ? "upload.audio.measuring" : "upload.audio.loudnessHint")}
      </p>
      {source.audio.some(({ channels }) => channels === SURROUND_CHANNELS) && (
        <label class="switch">
          <input
            type="checkbox"
            checked={shown.surround}
            disabled={disabled}
            onChange={(event) => put({ ...shown, surround: event.currentTarget.checked })}
          />
          <span>{t("upload.audio.surround")}</span>
        </label>
      )}
    </div>
  );
}

function rateText(rate: number): string {
  const key = RATES[rate];
  return key === undefined ? formatBitrate(rate * 1000) : t(key);
}
