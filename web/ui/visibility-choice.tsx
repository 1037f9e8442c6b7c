import type { Visibility } from "../../shared/wire/visibility.ts";
import { FormField } from "./form-field.tsx";

const CHOICES: Record<Visibility, string> = {
  unlisted: "People who have its link",
  listed: "Everybody: it stands in this site's list",
  private: "Only you, and people whom you let in",
};

/** Chooses who can find the video, once it is made and while it is. */
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
    <FormField label="Who can find it">
      {(props) => (
        <select
          {...props}
          value={visibility}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value as Visibility)}
        >
          {Object.entries(CHOICES).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </FormField>
  );
}
