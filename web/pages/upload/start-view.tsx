import { useSignal } from "@preact/signals";
import type { WireError } from "../../../shared/job/errors.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { DropZone } from "./drop-zone.tsx";
import type { PickedFile } from "./source-file.ts";

const SAMPLE_MISSING: WireError = {
  code: "NETWORK",
  message: "The sample clip could not be fetched.",
  retryable: true,
};

/** Before a file is picked: what this is, and where a file goes. */
export function StartView({
  onIntent,
  onFile,
  loadSample,
}: {
  onIntent(): void;
  onFile(picked: PickedFile): void;
  loadSample(): Promise<PickedFile | null>;
}) {
  const isSampleMissing = useSignal(false);
  return (
    <>
      <div class="hero">
        <h1>Turn a video into a stream</h1>
        <p class="lead">
          Pick a video and this tab makes adaptive HLS of it: several qualities, playable anywhere,
          watchable while it is still being made.
        </p>
      </div>
      <DropZone
        title="Drop a video here"
        buttonLabel="Choose a file"
        hint="MP4, MOV, MKV, WebM, TS, AVI, FLV and more. You can paste a file, too."
        onIntent={onIntent}
        onFile={onFile}
      />
      <p class="sample">
        No video at hand?{" "}
        <button
          type="button"
          class="link-button"
          onClick={async () => {
            onIntent();
            const sample = await loadSample();
            isSampleMissing.value = sample === null;
            if (sample !== null) onFile(sample);
          }}
        >
          Try a sample clip
        </button>
      </p>
      {isSampleMissing.value && <InlineError error={SAMPLE_MISSING} />}
      <ul class="steps">
        <li>
          <h2>Cut</h2>
          <p>The file is read on this device and split at exact frames, however long it is.</p>
        </li>
        <li>
          <h2>Encode</h2>
          <p>All cores work at once. Every finished part is checked before it counts.</p>
        </li>
        <li>
          <h2>Watch</h2>
          <p>It plays from the first part on. Share the link, embed it, or use the HLS address.</p>
        </li>
      </ul>
    </>
  );
}
