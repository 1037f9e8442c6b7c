import { useSignal } from "@preact/signals";
import type { WireError } from "../../../shared/job/errors.ts";
import { deviceFacts } from "../../ui/device.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { DropZone } from "./drop-zone.tsx";
import type { PickedFile } from "./source-file.ts";
import { START } from "./texts.ts";

const SAMPLE_MISSING: WireError = {
  code: "NETWORK",
  message: "The sample clip could not be fetched.",
  retryable: true,
};

/** Before a file is picked: what this is, and where a file goes. */
export function StartView({
  onIntent,
  onFiles,
  loadSample,
}: {
  onIntent(): void;
  onFiles(picked: PickedFile[]): void;
  loadSample(): Promise<PickedFile | null>;
}) {
  const isSampleMissing = useSignal(false);
  const { mobile } = deviceFacts();
  return (
    <>
      <div class="hero">
        <h1>{START.title}</h1>
        <p class="lead">{START.lead}</p>
      </div>
      <DropZone
        title={START.drop}
        buttonLabel={START.choose}
        hint={mobile ? START.formatsPhone : START.formats}
        several
        mobile={mobile}
        onIntent={onIntent}
        onFiles={onFiles}
      />
      <p class="privacy">{START.privacy}</p>
      <p class="sample">
        <span>
          {START.noVideo}{" "}
          <button
            type="button"
            class="link-button"
            onClick={async () => {
              onIntent();
              const sample = await loadSample();
              isSampleMissing.value = sample === null;
              if (sample !== null) onFiles([sample]);
            }}
          >
            {START.sample}
          </button>
        </span>
        <a href="/videos">{START.yours}</a>
      </p>
      {isSampleMissing.value && <InlineError error={SAMPLE_MISSING} />}
      <ol class="steps">
        {START.steps.map(([name, text]) => (
          <li key={name}>
            <h2>{name}</h2>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
