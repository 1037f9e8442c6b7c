import { useEffect, useState } from "preact/hooks";
import { coreDecodes } from "../../../shared/encode/core-decoders.ts";
import type { Inspection, OwnerOptions } from "../../owner/owner-api.ts";

type Choice = NonNullable<OwnerOptions["engine"]>;

/** Fast or best: which engine makes the picture, and why there is no choice where there is none. */
export function PictureChoice({
  inspection,
  disabled,
  onEngine,
}: {
  inspection: Pick<Inspection, "pictureEngine" | "fastRefusal" | "source">;
  disabled: boolean;
  onEngine(engine: Choice): void;
}) {
  const { pictureEngine, fastRefusal, source } = inspection;
  // Shown at once; the file is planned anew meanwhile.
  const [asked, setAsked] = useState<Choice | null>(null);
  useEffect(() => {
    if (!disabled) setAsked(null);
  }, [disabled]);
  if (!coreDecodes(source.video.codec)) {
    return (
      <dd>{fastRefusal === null ? "By this browser's codecs." : `By a server. ${fastRefusal}`}</dd>
    );
  }
  if (fastRefusal !== null) return <dd>Best quality (x264). {fastRefusal}</dd>;
  const option = (choice: Choice, isChosen: boolean, text: string) => (
    <label class="switch">
      <input
        type="radio"
        name="picture-engine"
        checked={asked === null ? isChosen : asked === choice}
        disabled={disabled}
        onChange={() => {
          setAsked(choice);
          onEngine(choice);
        }}
      />{" "}
      {text}
    </label>
  );
  return (
    <dd>
      <fieldset class="choices">
        <legend class="visually-hidden">How the picture is made</legend>
        {option("auto", pictureEngine === "webcodecs", "Fastest (this browser's codecs)")}
        {option("ffmpeg", pictureEngine === "ffmpeg-wasm", "Best quality (x264, takes longer)")}
      </fieldset>
    </dd>
  );
}
