import { useRef } from "preact/hooks";
import type { WireError } from "../../../shared/job/errors.ts";
import type { Engine } from "../../../shared/job/job.ts";
import type { TrimRange } from "../../../shared/job/trim-range.ts";
import type { AudioChoice } from "../../../shared/plan/audio-choice.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import {
  type DetailsPatch,
  MOST_DESCRIPTION_CHARACTERS,
  MOST_TITLE_CHARACTERS,
  titleOfFile,
} from "../../../shared/wire/details.ts";
import type { FrameTimes, InspectedState, OwnerOptions } from "../../owner/owner-api.ts";
import { askOf } from "../../saved/pools.ts";
import type { ShareRequest } from "../../saved/tray-entry.ts";
import { measuredRates, type UploadChoices } from "../../saved/upload-choices.ts";
import { deviceFacts } from "../../ui/device.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { formatBytes, formatLength, formatWait } from "../../ui/format.ts";
import { VisibilityChoice } from "../../ui/visibility-choice.tsx";
import { t } from "../../words/words.ts";
import { CaptionsAhead } from "./captions-ahead.tsx";
import { ServersNote } from "./device-note.tsx";
import type { Draft } from "./draft.ts";
import { ExpertSettings } from "./expert-settings.tsx";
import { secondsFor } from "./forecast.ts";
import type { VerifyPolicy } from "./helper-settings.tsx";
import { KeyField } from "./key-question.tsx";
import type { PendingAction } from "./person-actions.ts";
import { PictureChoice } from "./picture-choice.tsx";
import { PoolChoice } from "./pool-choice.tsx";
import { SoundPicture } from "./sound-picture.tsx";
import { FoundFacts, SourceNotes } from "./source-facts.tsx";
import { SourcePreview } from "./source-preview.tsx";
import { TrimEditor } from "./trim-editor.tsx";

export interface InspectedActions {
  onLadder(ladder: LadderRung[]): void;
  /** Resolves to whether the choice was taken. */
  onAudio(choice: AudioChoice): Promise<boolean>;
  /** Resolves to whether the picture was taken. */
  onPicture(picture: Blob | null): Promise<boolean>;
  onEngine(engine: NonNullable<OwnerOptions["engine"]>): void;
  onServers(use: boolean): void;
  onVerify(verify: VerifyPolicy): Promise<void>;
  /** @param all whether the videos that wait are started, too */
  onStart(request: ShareRequest, all: boolean): void;
  onKey(key: string): void;
  onTrim(range: TrimRange | null): void;
  readFrames(): Promise<FrameTimes | null>;
  onDiscard(): void;
}

/** View before the work begins: the file, what others will see of it, and the button Start. */
export function InspectedView({
  state,
  draft,
  file,
  choices,
  hasKey,
  isReplacing,
  more,
  problem,
  pending,
  actions,
}: {
  state: InspectedState;
  draft: Draft;
  /** The file for the preview; null where the page does not have it. */
  file: File | null;
  choices: UploadChoices;
  /** Whether the page has a key of the site. */
  hasKey: boolean;
  /** Whether it replaces another video, whose title, description and visibility stay. */
  isReplacing: boolean;
  /** Number of videos that wait to be shared in the same way. */
  more: number;
  problem: WireError | null;
  pending: PendingAction;
  actions: InspectedActions;
}) {
  const { inspection } = state;
  const { source, estimatedBytes } = inspection;
  const { visibility, title, description, captions, pool, credits, keepsOriginal, part } = draft;
  const fileTitle = titleOfFile(source.name);
  const preview = useRef<HTMLVideoElement>(null);
  const error = problem ?? state.error;
  const ladderError = error !== null && LADDER_CODES.includes(error.code) ? error : null;
  const isKeyRefused = error?.code === "UNAUTHORIZED";
  const asksKey = isKeyRefused || (inspection.asksKey === true && !hasKey);
  const isBlocked = ladderError !== null || pending !== null || (asksKey && !hasKey);
  const rates = measuredRates();
  const { cores } = deviceFacts();
  const secondsOf = (engine: Engine) => secondsFor(inspection, engine, rates, cores);
  const start = (all: boolean) => {
    const details: DetailsPatch = {};
    if (title.value !== fileTitle && title.value.trim() !== "") details.title = title.value;
    const thanks =
      pool.value !== null && credits.value && t("upload.madeWithHelpOf", { name: pool.value.name });
    const text = [description.value.trim(), thanks || ""].filter((part) => part !== "");
    if (text.length > 0) details.description = text.join("\n\n");
    const isPrivate = visibility.value === "private";
    const asked = pool.value === null ? undefined : askOf(pool.value, isPrivate);
    const chosen = { visibility: visibility.value, details, captions: captions.value };
    const trim = part.value;
    const isKept = keepsOriginal.value && more === 0;
    actions.onStart({ ...chosen, trim, pool: asked, keepsOriginal: isKept }, all);
  };
  const shareText =
    more === 0 ? t("upload.picked.share") : t("upload.tray.shareAll", { count: more + 1 });
  return (
    <>
      <h1>{t("upload.picked.title")}</h1>
      <div class="two-columns picked">
        <section class="card" aria-labelledby="file-title">
          <h2 id="file-title" class="visually-hidden">
            {t("upload.picked.file")}
          </h2>
          <SourcePreview
            file={file}
            aspect={source.video.displayWidth / source.video.displayHeight}
            video={preview}
          />
          <TrimEditor
            source={source}
            part={part}
            preview={preview}
            disabled={pending === "start"}
            readFrames={actions.readFrames}
            onTrim={actions.onTrim}
          />
          <p class="file-name">
            <span>{source.name}</span>
          </p>
          <SourceNotes inspection={inspection} />
          <details class="details">
            <summary>{t("upload.picked.file")}</summary>
            <FoundFacts inspection={inspection} />
          </details>
        </section>
        <section class="card" aria-labelledby="about-title">
          <h2 id="about-title" class="visually-hidden">
            {t("upload.picked.about")}
          </h2>
          {!isReplacing && (
            <>
              <FormField
                label={t("upload.title")}
                hint={title.value === fileTitle ? t(FILE_TITLE_HINT) : ""}
              >
                {(props) => (
                  <input
                    {...props}
                    type="text"
                    maxLength={MOST_TITLE_CHARACTERS}
                    value={title.value}
                    disabled={pending === "start"}
                    onInput={(event) => {
                      title.value = event.currentTarget.value;
                    }}
                    onKeyDown={(event) => {
                      if (event.key === "Enter" && !isBlocked && !event.isComposing) start(true);
                    }}
                  />
                )}
              </FormField>
              <FormField label={t("upload.picked.described")}>
                {(props) => (
                  <textarea
                    {...props}
                    class="short"
                    rows={2}
                    placeholder={t("upload.picked.descriptionHint")}
                    maxLength={MOST_DESCRIPTION_CHARACTERS}
                    value={description.value}
                    disabled={pending === "start"}
                    onInput={(event) => {
                      description.value = event.currentTarget.value;
                    }}
                  />
                )}
              </FormField>
              <VisibilityChoice
                visibility={visibility.value}
                disabled={pending !== null}
                onChange={(chosen) => {
                  visibility.value = chosen;
                }}
              />
            </>
          )}
          <SoundPicture
            inspection={inspection}
            disabled={pending !== null}
            onPicture={actions.onPicture}
          />
          <CaptionsAhead inspection={inspection} captions={captions} />
          <PictureChoice
            inspection={inspection}
            disabled={pending !== null}
            secondsOf={secondsOf}
            onEngine={actions.onEngine}
          />
          {/* With several videos the next one begins at once, so no original is uploaded. */}
          {more === 0 && (
            <label class="switch">
              <input
                type="checkbox"
                checked={keepsOriginal.value}
                disabled={pending === "start"}
                onChange={(event) => {
                  keepsOriginal.value = event.currentTarget.checked;
                }}
              />
              <span>{t("files.original.keep")}</span>
            </label>
          )}
          <p class="outlook">
            <b>{formatLength(source.durationTicks)}</b> · {formatBytes(source.sizeBytes)}{" "}
            <span class="arrow" aria-hidden="true">
              →
            </span>
            <span class="visually-hidden">{t("upload.becomes")}</span>{" "}
            {state.part.part === "weak"
              ? t("upload.aboutSize", { size: formatBytes(estimatedBytes) })
              : t("upload.aboutSizeAndTime", {
                  size: formatBytes(estimatedBytes),
                  time: formatWait(secondsOf(inspection.pictureEngine)),
                })}
          </p>
          <ServersNote decision={state.part} />
          {asksKey && <KeyField isRefused={isKeyRefused} onKey={actions.onKey} />}
          {error !== null && ladderError === null && !isKeyRefused && <InlineError error={error} />}
          <div class="actions">
            <button
              type="button"
              class="button button-primary button-large"
              disabled={isBlocked}
              onClick={() => start(true)}
            >
              {pending === "start" ? t("upload.picked.sharing") : shareText}
            </button>
            {more > 0 && (
              <button
                type="button"
                class="button"
                disabled={isBlocked}
                onClick={() => start(false)}
              >
                {t("upload.tray.shareOne")}
              </button>
            )}
            <button
              type="button"
              class="button"
              disabled={pending === "start"}
              onClick={actions.onDiscard}
            >
              {t("upload.picked.another")}
            </button>
          </div>
          <p class="hint">
            {t("upload.picked.stays")} {more > 0 && t("upload.tray.alike")}
          </p>
          <ExpertSettings
            state={state}
            ladderError={ladderError}
            verify={choices.verify ?? "adaptive"}
            disabled={pending !== null}
            onLadder={actions.onLadder}
            onAudio={actions.onAudio}
            onServers={actions.onServers}
            onVerify={actions.onVerify}
          />
          <PoolChoice
            pool={pool}
            credits={credits}
            isPrivate={visibility.value === "private"}
            disabled={pending !== null}
          />
        </section>
      </div>
    </>
  );
}

const FILE_TITLE_HINT = "upload.othersSeeThisTitleIt";
const LADDER_CODES: readonly string[] = ["LADDER_INVALID", "PLAN_INVALID"];
