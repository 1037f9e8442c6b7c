import "./pictures.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError, type WireError } from "../../shared/job/errors.ts";
import type { Pictures, Poster, PosterSource } from "../../shared/wire/pictures.ts";
import { usePosterUrl } from "../player/poster-url.ts";
import { InlineError } from "../ui/error-view.tsx";
import { formatClock } from "../ui/format.ts";
import { t } from "../words/words.ts";
import type { OfferedFrame } from "./offered-frames.ts";
import { loadOfferedFrames, OwnPictureButton } from "./own-picture.tsx";

export interface PosterPanelProps {
  masterUrl: string;
  ownerToken: string | null;
  /** The present poster; null: there is none (yet). */
  poster: Poster | null;
  /** Rejects where the poster was not saved. */
  save(jpeg: Blob, source: PosterSource): Promise<Pictures>;
}

/** Panel in which the owner chooses the video's poster. */
export function PosterPanel({ masterUrl, ownerToken, poster: given, save }: PosterPanelProps) {
  const chosen = useSignal<Poster | null>(null);
  const frames = useSignal<OfferedFrame[] | null>(null);
  const doing = useSignal<"looking" | "saving" | null>(null);
  const isSaved = useSignal(false);
  const error = useSignal<WireError | null>(null);
  const poster = chosen.value ?? given;
  const url = usePosterUrl(masterUrl, poster, ownerToken);
  useEffect(() => () => free(frames.peek()), [frames]);

  const act = async (what: "looking" | "saving", work: () => Promise<void>) => {
    doing.value = what;
    error.value = null;
    isSaved.value = false;
    try {
      await work();
    } catch (thrown) {
      error.value = toWireError(thrown);
    } finally {
      doing.value = null;
    }
  };
  const keep = async (jpeg: Blob, source: PosterSource) => {
    chosen.value = (await save(jpeg, source)).poster ?? null;
    isSaved.value = true;
  };
  const look = () =>
    act("looking", async () => {
      const { offeredFrames } = await loadOfferedFrames();
      const offered = await offeredFrames(masterUrl, ownerToken);
      free(frames.value);
      frames.value = offered;
    });
  const pick = (file: File) => {
    void act("saving", async () => {
      const { pictureOfFile } = await loadOfferedFrames();
      await keep(await pictureOfFile(file), "file");
    });
  };
  const isBusy = doing.value !== null;
  return (
    // No landmark: the list of videos has one for each.
    <section class="card poster-panel">
      <h2 class="card-title">{t("pictures.picture")}</h2>
      <div class="poster-row">
        {url !== null && <img class="poster-now" src={url} alt={t("pictures.asItIsNow")} />}
        <p>{poster === null ? t("pictures.asSoonAsTheFirst") : t("pictures.itIsShownBeforeThe")}</p>
      </div>
      {frames.value !== null && (
        <ul class="poster-frames">
          {frames.value.map((frame) => (
            <li key={frame.url}>
              <button
                type="button"
                disabled={isBusy}
                aria-label={t("pictures.useThePictureAt", { seconds: formatClock(frame.seconds) })}
                onClick={() => void act("saving", () => keep(frame.jpeg, "frame"))}
              >
                <img src={frame.url} alt="" />
                <span>{formatClock(frame.seconds)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="actions">
        {poster !== null && (
          <button type="button" class="button" disabled={isBusy} onClick={() => void look()}>
            {doing.value === "looking" ? t("pictures.looking") : t("pictures.chooseFromTheVideo")}
          </button>
        )}
        <OwnPictureButton disabled={isBusy} onFile={pick} />
      </div>
      <p class="hint" role="status">
        {doing.value === "saving" && t("pictures.saving")}
        {isSaved.value && t("pictures.thisPictureNowStandsFor")}
      </p>
      {error.value !== null && <InlineError error={error.value} />}
    </section>
  );
}

function free(frames: readonly OfferedFrame[] | null): void {
  for (const { url } of frames ?? []) URL.revokeObjectURL(url);
}
