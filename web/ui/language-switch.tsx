import { isLanguage, LANGUAGES } from "../../shared/words/language.ts";
import { currentLanguage, switchLanguage, t } from "../words/words.ts";

/** Menu of the page's languages, each under its own name; the choice is remembered. */
export function LanguageSwitch() {
  return (
    <label class="language">
      <span class="visually-hidden">{t("ui.language")}</span>
      <select
        value={currentLanguage()}
        onChange={({ currentTarget }) => {
          if (isLanguage(currentTarget.value)) void switchLanguage(currentTarget.value);
        }}
      >
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <option key={language} value={language} lang={language}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
