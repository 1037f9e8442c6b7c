import { languageName, trackName } from "../ui/format.ts";
import "./captions.css";
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { toWireError, type WireError } from "../../shared/job/errors.ts";
import { knownLanguages } from "../../shared/job/language.ts";
import type { Captions } from "../../shared/wire/captions.ts";
import { errorText } from "../ui/error-texts.ts";
import { noticeTexts } from "../ui/notice-text.ts";
import { currentLocale, t } from "../words/words.ts";
import type { CaptionsFeed } from "./captions-feed.ts";
import { captionFormatOf, readCaptionFile } from "./read-caption-file.ts";

/** Where the owner adds captions and deletes them, while the video is made or later. */
export function CaptionsPanel({
  feed,
  reading = null,
}: {
  feed: CaptionsFeed;
  /** Captions of the source that are being saved: how many of how many; null once all are saved. */
  reading?: { saved: number; total: number } | null;
}) {
  const captions = feed.captions.value;
  return (
    // No landmark: the list of videos has one for each.
    <section class="card captions">
      <h2 class="card-title">{t("captions.subtitles")}</h2>
      {reading !== null && (
        <p class="hint" role="status">
          {t("captions.readingTheSubtitlesOfThe", { saved: reading.saved, total: reading.total })}
        </p>
      )}
      {captions.length === 0 ? (
        reading === null && <p>{t("captions.subtitlesLetPeopleWatchWithout")}</p>
      ) : (
        <ul class="captions-list">
          {captions.map((track) => (
            <CaptionsEntry key={track.id} track={track} feed={feed} />
          ))}
        </ul>
      )}
      <AddCaptions feed={feed} />
    </section>
  );
}

function CaptionsEntry({ track, feed }: { track: Captions; feed: CaptionsFeed }) {
  const isBusy = useSignal(false);
  const error = useSignal<WireError | null>(null);
  const remove = async () => {
    isBusy.value = true;
    error.value = null;
    await feed.remove(track.id).catch((thrown: unknown) => {
      error.value = toWireError(thrown);
    });
    isBusy.value = false;
  };
  const language = languageName(track.language);
  const name = trackName(track.name, track.language, t("captions.subtitles"));
  return (
    <li>
      <div class="captions-row">
        <span>
          <b>{name}</b>
          <span class="hint">
            {[
              language !== null && language !== name ? language : null,
              t("captions.captions", { cues: track.cues }),
              track.sourceTrack === null ? null : t("captions.fromTheFile"),
              track.isDefault ? t("captions.shownByDefault") : null,
              track.isForced ? t("captions.onlyWhatEverybodyNeeds") : null,
            ]
              .filter((part) => part !== null)
              .join(t("ui.comma"))}
          </span>
        </span>
        <button
          type="button"
          class="button button-quiet"
          disabled={isBusy.value}
          aria-label={t("captions.deleteTheSubtitles", { name })}
          onClick={remove}
        >
          {t("captions.delete")}
        </button>
      </div>
      {noticeTexts(track).map((message) => (
        <p key={message} class="hint">
          {message}
        </p>
      ))}
      <Problem error={error.value} />
    </li>
  );
}

/** Form for a caption file and its language; it also shows what is wrong with the file. */
export function AddCaptions({ feed }: { feed: Pick<CaptionsFeed, "add"> }) {
  const id = useId();
  const file = useRef<HTMLInputElement>(null);
  const language = useSignal("");
  const isDefault = useSignal(false);
  const isBusy = useSignal(false);
  const error = useSignal<WireError | null>(null);
  const guessed = useSignal(false);
  const send = async (event: Event) => {
    event.preventDefault();
    const picked = file.current?.files?.[0];
    if (picked === undefined) return;
    isBusy.value = true;
    error.value = null;
    try {
      const format = captionFormatOf(picked.name);
      if (format === null) {
        error.value = { code: "CAPTIONS_INVALID", message: "", retryable: false };
        return;
      }
      const read = readCaptionFile(new Uint8Array(await picked.arrayBuffer()), format);
      guessed.value = read.isGuessed;
      await feed.add({
        language: language.value,
        format,
        text: read.text,
        isDefault: isDefault.value,
      });
      (event.target as HTMLFormElement | null)?.reset();
      language.value = "";
      isDefault.value = false;
    } catch (thrown) {
      error.value = toWireError(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <form class="captions-add" onSubmit={send}>
      <div class="captions-fields">
        <label class="field" for={`${id}-file`}>
          <span>{t("captions.subtitleFile")}</span>
          <input id={`${id}-file`} ref={file} type="file" required accept=".srt,.vtt,.ass,.ssa" />
        </label>
        <label class="field" for={`${id}-language`}>
          <span>{t("captions.language")}</span>
          <select
            id={`${id}-language`}
            required
            value={language.value}
            onChange={(event) => {
              language.value = event.currentTarget.value;
            }}
          >
            <option value="">{t("captions.choose")}</option>
            {knownLanguages(currentLocale()).map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="switch">
        <input
          type="checkbox"
          checked={isDefault.value}
          onChange={(event) => {
            isDefault.value = event.currentTarget.checked;
          }}
        />
        <span>{t("captions.showThemUnlessTheViewer")}</span>
      </label>
      <p class="hint">{t("captions.aFileWithTheEnding")}</p>
      {guessed.value && (
        <p class="hint" role="status">
          {t("captions.theFileDoesNotSay")}
        </p>
      )}
      <Problem error={error.value} />
      <button type="submit" class="button" disabled={isBusy.value}>
        {t("captions.addSubtitles")}
      </button>
    </form>
  );
}

function Problem({ error }: { error: WireError | null }) {
  if (error === null) return null;
  const { title, what, advice } = errorText(error.code);
  return (
    <div class="captions-problem" role="alert">
      <p>
        <b>{title}.</b> {what} {advice}
      </p>
    </div>
  );
}
