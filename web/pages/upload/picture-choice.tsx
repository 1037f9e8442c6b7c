import { useEffect, useState } from "preact/hooks";
import { coreDecodes } from "../../../shared/encode/core-decoders.ts";
import type { Engine } from "../../../shared/job/job.ts";
import type { Inspection, OwnerOptions } from "../../owner/owner-api.ts";
import { formatWait } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

type Choice = NonNullable<OwnerOptions["engine"]>;

/** Choice of the engine that makes the pictures: faster or better. Empty where there is no choice. */
export function PictureChoice({
  inspection,
  disabled,
  secondsOf,
  onEngine,
}: {
  inspection: Pick<Inspection, "pictureEngine" | "fastRefusal" | "source">;
  disabled: boolean;
  /** Seconds that this device will take with an engine. */
  secondsOf(engine: Engine): number;
  onEngine(engine: Choice): void;
}) {
  const { pictureEngine, fastRefusal, source } = inspection;
  // Shows the new choice at once, while the file is planned anew.
  const [asked, setAsked] = useState<Choice | null>(null);
  useEffect(() => {
    if (!disabled) setAsked(null);
  }, [disabled]);
  if (fastRefusal !== null || !coreDecodes(source.video.codec)) return null;
  const option = (choice: Choice, engine: Engine, text: string) => (
    <label class="switch">
      <input
        type="radio"
        name="picture-engine"
        checked={asked === null ? pictureEngine === engine : asked === choice}
        disabled={disabled}
        onChange={() => {
          setAsked(choice);
          onEngine(choice);
        }}
      />
      <span>
        {text}
        <span class="hint">{t("upload.aboutTime", { time: formatWait(secondsOf(engine)) })}</span>
      </span>
    </label>
  );
  return (
    <fieldset class="choices">
      <legend class="choices-title">{t("upload.picked.quality")}</legend>
      {option("auto", "webcodecs", t("upload.picked.faster"))}
      {option("ffmpeg", "ffmpeg-wasm", t("upload.picked.better"))}
    </fieldset>
  );
}

/** Text for experts: which engine makes the pictures, and why. */
export function pictureMaker({
  pictureEngine,
  fastRefusalCode: code,
  source,
}: Pick<Inspection, "pictureEngine" | "fastRefusalCode" | "source">): string {
  const fastRefusal = code === null ? null : t(`upload.refusal.${code}`);
  if (!coreDecodes(source.video.codec)) {
    return fastRefusal === null
      ? t("upload.thisBrowsersCodecs")
      : t("upload.aServer", { fastRefusal });
  }
  if (fastRefusal !== null) return t("upload.x264InWebassembly2", { fastRefusal });
  return pictureEngine === "webcodecs"
    ? t("upload.thisBrowsersCodecs")
    : t("upload.x264InWebassembly");
}
