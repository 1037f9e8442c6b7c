import type { Signal } from "@preact/signals";
import { FormField } from "../../ui/form-field.tsx";
import { formatBytes, formatWait } from "../../ui/format.ts";
import { t } from "../../words/words.ts";
import type { HelpLimits } from "./help-limits.ts";

const MEGABYTE = 1_000_000;
const BYTES = [100, 500, 2_000, 10_000].map((megabytes) => megabytes * MEGABYTE);
const MINUTES = [15, 30, 60, 180];

/** Form for the limits of data and time that this device gives. */
export function HelpLimitsForm({ limits }: { limits: HelpLimits }) {
  return (
    <fieldset class="help-limits">
      <legend class="visually-hidden">{t("contribute.limits.legend")}</legend>
      <Choice
        label={t("contribute.limits.data")}
        none={t("contribute.limits.none")}
        values={BYTES}
        chosen={limits.mostBytes}
        textOf={formatBytes}
      />
      <Choice
        label={t("contribute.limits.time")}
        none={t("contribute.limits.untilDone")}
        values={MINUTES}
        chosen={limits.mostMinutes}
        textOf={(minutes) => formatWait(60 * minutes)}
      />
    </fieldset>
  );
}

function Choice({
  label,
  none,
  values,
  chosen,
  textOf,
}: {
  label: string;
  none: string;
  values: readonly number[];
  chosen: Signal<number | null>;
  textOf(value: number): string;
}) {
  return (
    <FormField label={label}>
      {(props) => (
        <select
          {...props}
          value={String(chosen.value ?? "")}
          onChange={({ currentTarget }) => {
            chosen.value = currentTarget.value === "" ? null : Number(currentTarget.value);
          }}
        >
          <option value="">{none}</option>
          {values.map((value) => (
            <option key={value} value={String(value)}>
              {textOf(value)}
            </option>
          ))}
        </select>
      )}
    </FormField>
  );
}
