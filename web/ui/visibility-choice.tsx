import type { Visibility } from "../../shared/wire/visibility.ts";
import { type Key, t } from "../words/words.ts";
import { FormField } from "./form-field.tsx";

const CHOICES: Record<Visibility, Key> = {
  unlisted: "ui.peopleWhoHaveItsLink",
  listed: "ui.everybodyItStandsInThis",
  private: "ui.onlyYouAndPeopleWhom",
};

/** Menu to choose who can find the video, also while it is being made. */
export function VisibilityChoice({
  visibility,
  disabled,
  onChange,
}: {
  visibility: Visibility;
  disabled: boolean;
  onChange(visibility: Visibility): void;
}) {
  return (
    <FormField label={t("ui.whoCanFindIt")}>
      {(props) => (
        <select
          {...props}
          value={visibility}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value as Visibility)}
        >
          {(Object.keys(CHOICES) as Visibility[]).map((value) => (
            <option key={value} value={value}>
              {t(CHOICES[value])}
            </option>
          ))}
        </select>
      )}
    </FormField>
  );
}
