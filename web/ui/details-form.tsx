import { useSignal } from "@preact/signals";
import { toWireError, type WireError } from "../../shared/job/errors.ts";
import { knownLanguages } from "../../shared/job/language.ts";
import type { VideoPatch } from "../../shared/wire/api.ts";
import {
  type Details,
  MOST_DESCRIPTION_CHARACTERS,
  MOST_TITLE_CHARACTERS,
} from "../../shared/wire/details.ts";
import { currentLocale, t } from "../words/words.ts";
import { chaptersOfText, textOfChapters } from "./chapters-text.ts";
import { InlineError } from "./error-view.tsx";
import { FormField } from "./form-field.tsx";
import { languageName } from "./format.ts";

const TITLE_HINT = "ui.othersSeeThisTitleThe";

/** Form for a video's title, description, language and chapters, with a button that saves. */
export function DetailsForm({
  details,
  onSave,
}: {
  details: Details;
  /** Rejects where the details were not saved. */
  onSave(patch: VideoPatch): Promise<unknown>;
}) {
  const title = useSignal(details.title);
  const description = useSignal(details.description);
  const language = useSignal(details.language ?? "");
  const chapters = useSignal(textOfChapters(details.chapters));
  const state = useSignal<"changed" | "saving" | "saved">("saved");
  const isTouched = useSignal(false);
  const error = useSignal<WireError | null>(null);
  const read = chaptersOfText(chapters.value);
  const chapterProblem = typeof read === "string" ? read : "";

  const touched = () => {
    state.value = "changed";
    isTouched.value = true;
  };
  const save = async () => {
    if (typeof read === "string") return;
    state.value = "saving";
    error.value = null;
    try {
      await onSave({
        title: title.value,
        description: description.value,
        language: language.value || null,
        chapters: read,
      });
      // Where the person typed meanwhile, the state is "changed", and stays so.
      if (state.peek() === "saving") state.value = "saved";
    } catch (thrown) {
      error.value = toWireError(thrown);
      state.value = "changed";
    }
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormField label={t("ui.title")} hint={t(TITLE_HINT)}>
        {(props) => (
          <input
            {...props}
            type="text"
            maxLength={MOST_TITLE_CHARACTERS}
            value={title.value}
            onInput={(event) => {
              title.value = event.currentTarget.value;
              touched();
            }}
          />
        )}
      </FormField>
      <FormField label={t("ui.description")}>
        {(props) => (
          <textarea
            {...props}
            rows={4}
            maxLength={MOST_DESCRIPTION_CHARACTERS}
            value={description.value}
            onInput={(event) => {
              description.value = event.currentTarget.value;
              touched();
            }}
          />
        )}
      </FormField>
      <FormField label={t("ui.chapters")} hint={t("ui.aLineEachWhenIt")} problem={chapterProblem}>
        {(props) => (
          <textarea
            {...props}
            rows={4}
            value={chapters.value}
            spellcheck={false}
            onInput={(event) => {
              chapters.value = event.currentTarget.value;
              touched();
            }}
          />
        )}
      </FormField>
      <FormField label={t("ui.languageSpokenInIt")}>
        {(props) => (
          <select
            {...props}
            value={language.value}
            onChange={(event) => {
              language.value = event.currentTarget.value;
              touched();
            }}
          >
            {languagesWith(details.language).map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </select>
        )}
      </FormField>
      {error.value !== null && <InlineError error={error.value} />}
      <div class="actions">
        <button
          type="submit"
          class="button button-primary"
          disabled={state.value !== "changed" || chapterProblem !== ""}
        >
          {state.value === "saving" ? t("ui.saving") : t("ui.save")}
        </button>
        <p class="hint form-saved" role="status">
          {state.value === "saved" && isTouched.value ? t("ui.saved") : ""}
        </p>
      </div>
    </form>
  );
}

/**
 * Languages to choose from.
 * @param tag a language tag that is added where it is missing, such as a dialect's; null for none
 */
function languagesWith(tag: string | null): { tag: string; name: string }[] {
  const known = knownLanguages(currentLocale());
  const isKnown = tag === null || known.some((each) => each.tag === tag);
  const further = isKnown ? [] : [{ tag, name: languageName(tag) ?? tag }];
  return [{ tag: "", name: t("ui.notSaid") }, ...further, ...known];
}
