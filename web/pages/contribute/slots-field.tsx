import { t } from "../../words/words.ts";
/** Field for the number of processor cores that this device gives. */
export function SlotsField({
  slots,
  most,
  disabled,
  onChange,
}: {
  slots: number;
  most: number;
  disabled?: boolean;
  onChange(slots: number): void;
}) {
  return (
    <label class="slots-field">
      <span>{t("contribute.processorCoresToGive")}</span>
      <input
        type="range"
        min={1}
        max={most}
        value={slots}
        disabled={disabled || most === 1}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>{t("contribute.of", { slots, most })}</output>
    </label>
  );
}
