import type { Signal } from "@preact/signals";
import { FormField } from "../../ui/form-field.tsx";

/** A whole number from `least` (default: 1) to `most`; what is typed outside of it is brought back. */
export function CountField({
  label,
  hint,
  least = 1,
  most,
  count,
}: {
  label: string;
  hint?: string;
  least?: number;
  most: number;
  count: Signal<number>;
}) {
  return (
    <FormField label={label} {...(hint !== undefined && { hint })}>
      {(props) => (
        <input
          {...props}
          type="number"
          min={least}
          max={most}
          value={count.value}
          onChange={(event) => {
            const typed = Math.round(event.currentTarget.valueAsNumber);
            const next = Number.isNaN(typed)
              ? count.peek()
              : Math.min(most, Math.max(least, typed));
            count.value = next;
            event.currentTarget.value = String(next);
          }}
        />
      )}
    </FormField>
  );
}
