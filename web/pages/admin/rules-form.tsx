import { useSignal } from "@preact/signals";
import type { SiteRules } from "../../../shared/wire/operator.ts";
import { FormField } from "../../ui/form-field.tsx";
import { type Key, t } from "../../words/words.ts";

type Rule = keyof SiteRules;

/** Fields of the form. `unit` converts a field's value to the edge's unit, such as minutes to seconds. */
const FIELDS: Record<Rule, { label: Key; hint: Key; unit: number }> = {
  mostSeconds: { label: "admin.longestVideoInMinutes", hint: "admin.emptyAnyLength", unit: 60 },
  mostSourceBytes: { label: "admin.largestFileInMb", hint: "admin.emptyAnySize", unit: 1_000_000 },
  mostVideos: { label: "admin.videosOnThisSite", hint: "admin.emptyAnyNumber", unit: 1 },
  deleteAfterDays: {
    label: "admin.deleteVideosAfterSoMany",
    hint: "admin.emptyTheyStayOlderOnes",
    unit: 1,
  },
};

/** Form for the rules for new videos, and for how long videos stay. */
export function RulesForm({ rules, onSave }: { rules: SiteRules; onSave(rules: SiteRules): void }) {
  const texts = useSignal(
    Object.fromEntries(
      Object.entries(FIELDS).map(([name, { unit }]) => {
        const value = rules[name as Rule];
        return [name, value === null ? "" : String(value / unit)];
      }),
    ),
  );
  const ruled = (name: Rule): number | null => {
    const text = texts.value[name] ?? "";
    return text === "" ? null : Math.max(1, Math.round(Number(text) * FIELDS[name].unit));
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSave({
          mostSeconds: ruled("mostSeconds"),
          mostSourceBytes: ruled("mostSourceBytes"),
          mostVideos: ruled("mostVideos"),
          deleteAfterDays: ruled("deleteAfterDays"),
        });
      }}
    >
      {Object.entries(FIELDS).map(([name, { label, hint }]) => (
        <FormField key={name} label={t(label)} hint={t(hint)}>
          {(props) => (
            <input
              {...props}
              type="number"
              min="0"
              step="any"
              value={texts.value[name]}
              onInput={(event) => {
                texts.value = { ...texts.value, [name]: event.currentTarget.value };
              }}
            />
          )}
        </FormField>
      ))}
      <div class="actions">
        <button type="submit" class="button button-primary">
          {t("admin.saveTheRules")}
        </button>
      </div>
    </form>
  );
}
