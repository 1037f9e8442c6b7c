import type { Signal } from "@preact/signals";
import type { NewCaptions } from "../../../shared/wire/captions.ts";
import { AddCaptions } from "../../captions/captions-panel.tsx";
import type { Inspection } from "../../owner/owner-api.ts";
import { languageName } from "../../ui/format.ts";
import { currentLocale, rich, t } from "../../words/words.ts";
import { subtitlesFound } from "./source-facts.tsx";

/** Subtitles that were found in the file, and caption files to be sent once the job exists. */
export function CaptionsAhead({
  inspection,
  captions,
}: {
  inspection: Inspection;
  captions: Signal<NewCaptions[]>;
}) {
  const found = subtitlesFound(inspection.source);
  const added = captions.value.map(({ language }) => languageName(language) ?? language);
  const all = [...found, ...added];
  const names = new Intl.ListFormat(currentLocale()).format(all);
  return (
    <details class="details">
      <summary>
        {all.length === 0 ? t("upload.picked.noSubtitles") : t("upload.subtitlesOf", { names })}
      </summary>
      {found.length > 0 && <p class="hint">{t("upload.foundInTheFile", { names })}</p>}
      {captions.value.length > 0 && (
        <ul class="captions-list">
          {captions.value.map((each, index) => (
            <li key={each} class="captions-row">
              <span>{added[index]}</span>
              <button
                type="button"
                class="button button-quiet"
                onClick={() => {
                  captions.value = captions.value.filter((other) => other !== each);
                }}
              >
                {rich("upload.removeTheSubtitles", {
                  name: added[index] ?? "",
                  span: (inside) => <span class="visually-hidden">{inside}</span>,
                })}
              </button>
            </li>
          ))}
        </ul>
      )}
      <AddCaptions
        feed={{
          add: async (given) => {
            captions.value = [...captions.value, given];
          },
        }}
      />
    </details>
  );
}
