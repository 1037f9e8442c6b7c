import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { SignedLink, VideoPatch } from "../../../shared/wire/api.ts";
import type { Details } from "../../../shared/wire/details.ts";
import type { Pictures, Poster, PosterSource } from "../../../shared/wire/pictures.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import { PosterPanel } from "../../pictures/poster-panel.tsx";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { AccessPanel } from "../../ui/access-panel.tsx";
import { DetailsForm } from "../../ui/details-form.tsx";
import { InlineError } from "../../ui/error-view.tsx";
import { t } from "../../words/words.ts";

/** Calls that read and change a video's details. All reject with WireErrors. */
export interface DetailsActions {
  read(jobId: string): Promise<Described>;
  change(jobId: string, patch: VideoPatch): Promise<unknown>;
  link(jobId: string, expiresInMinutes: number): Promise<SignedLink>;
  withdrawLinks(jobId: string): Promise<void>;
  savePoster(jobId: string, jpeg: Blob, source: PosterSource): Promise<Pictures>;
}

/** A video's details, poster and access. */
export type Described = Details &
  Pick<Pictures, "poster"> & { visibility: Visibility; hasPassphrase?: boolean | undefined };

/** Details of a video that is being made or is ready, and who can watch it. */
export function DetailsPanel({
  jobId,
  actions,
  poster,
  onVisibility,
}: {
  jobId: string;
  /** The poster that this tab has made; null: none yet. */
  poster: Poster | null;
  actions: DetailsActions;
  onVisibility(visibility: Visibility): void;
}) {
  const details = useSignal<Described | null>(null);
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
  const access = details.value && {
    visibility: details.value.visibility,
    hasPassphrase: details.value.hasPassphrase === true,
  };
  return (
    <>
      <section class="card" aria-labelledby="details-title">
        <h2 id="details-title" class="card-title">
          {t("upload.aboutTheVideo")}
        </h2>
        {details.value === null && error.value === null && (
          <p role="status">{t("upload.loading")}</p>
        )}
        {error.value !== null && (
          <>
            <InlineError error={error.value} />
            <div class="actions">
              <button type="button" class="button" onClick={() => void read()}>
                {t("upload.tryAgain")}
              </button>
            </div>
          </>
        )}
        {details.value !== null && (
          <DetailsForm details={details.value} onSave={(patch) => actions.change(jobId, patch)} />
        )}
      </section>
      {details.value !== null && (
        <PosterPanel
          masterUrl={`/v/${jobId}/master.m3u8`}
          ownerToken={ownerTokenOf(jobId)}
          poster={poster ?? details.value.poster ?? null}
          save={(jpeg, source) => actions.savePoster(jobId, jpeg, source)}
        />
      )}
      {access !== null && (
        <section class="card" aria-labelledby="access-title">
          <h2 id="access-title" class="card-title">
            {t("upload.whoCanWatch")}
          </h2>
          <AccessPanel
            access={access}
            actions={{
              change: (patch) => actions.change(jobId, patch),
              link: (minutes) => actions.link(jobId, minutes),
              withdrawLinks: () => actions.withdrawLinks(jobId),
            }}
            onVisibility={onVisibility}
          />
        </section>
      )}
    </>
  );
}
