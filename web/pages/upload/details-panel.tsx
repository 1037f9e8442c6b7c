import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { VideoPatch } from "../../../shared/wire/api.ts";
import type { Details } from "../../../shared/wire/details.ts";
import { DetailsForm } from "../../ui/details-form.tsx";
import { InlineError } from "../../ui/error-view.tsx";

/** Reads and writes what is said of a video. Both reject with WireErrors. */
export interface DetailsActions {
  read(jobId: string): Promise<Details>;
  change(jobId: string, patch: VideoPatch): Promise<unknown>;
}

/** Title, description, chapters and language of a video that is being made, or was. */
export function DetailsPanel({ jobId, actions }: { jobId: string; actions: DetailsActions }) {
  const details = useSignal<Details | null>(null);
  const error = useSignal<WireError | null>(null);
  const read = async () => {
    error.value = null;
    try {
      details.value = await actions.read(jobId);
    } catch (thrown) {
      error.value = toWireError(thrown);
    }
  };
  useEffect(() => {
    void read();
  }, [jobId]);
  return (
    <section class="card" aria-labelledby="details-title">
      <h2 id="details-title" class="card-title">
        About the video
      </h2>
      {details.value === null && error.value === null && <p role="status">Loading…</p>}
      {error.value !== null && (
        <>
          <InlineError error={error.value} />
          <div class="actions">
            <button type="button" class="button" onClick={() => void read()}>
              Try again
            </button>
          </div>
        </>
      )}
      {details.value !== null && (
        <DetailsForm details={details.value} onSave={(patch) => actions.change(jobId, patch)} />
      )}
    </section>
  );
}
