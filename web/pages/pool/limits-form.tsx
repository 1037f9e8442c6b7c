import { FormField } from "../../ui/form-field.tsx";
import type { KeptLimits } from "./member-limits.ts";

const GIGABYTE = 1_000_000_000;
const DATA_CHOICES = [null, 1, 5, 20, 100] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** What this device may give. */
export function LimitsForm({
  limits,
  possibleSlots,
  onChange,
}: {
  limits: KeptLimits;
  possibleSlots: number;
  onChange(limits: KeptLimits): void;
}) {
  const { slots, hours, bytesADay } = limits;
  const hasIdle = "IdleDetector" in globalThis;
  return (
    <div class="limits">
      <FormField label="Processor cores to give" hint={`${slots} of ${possibleSlots}`}>
        {(props) => (
          <input
            {...props}
            type="range"
            min={1}
            max={possibleSlots}
            value={slots}
            disabled={possibleSlots === 1}
            onChange={(event) => onChange({ ...limits, slots: Number(event.currentTarget.value) })}
          />
        )}
      </FormField>
      <fieldset class="hours">
        <legend>Hours of the day</legend>
        <label>
          <input
            type="checkbox"
            checked={hours !== null}
            onChange={(event) => {
              const chosen = event.currentTarget.checked ? { from: 8, to: 16 } : null;
              onChange({ ...limits, hours: chosen });
            }}
          />{" "}
          Only in these hours
        </label>
        {hours !== null && (
          <p class="hours-row">
            <HourChoice
              label="From"
              hour={hours.from}
              onChange={(from) => onChange({ ...limits, hours: { ...hours, from } })}
            />
            <HourChoice
              label="to"
              hour={hours.to}
              onChange={(to) => onChange({ ...limits, hours: { ...hours, to } })}
            />
          </p>
        )}
      </fieldset>
      <FormField label="Data a day" hint="Received and sent. A piece that is begun is finished.">
        {(props) => (
          <select
            {...props}
            value={String(bytesADay ?? "")}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              onChange({ ...limits, bytesADay: chosen === "" ? null : Number(chosen) });
            }}
          >
            {DATA_CHOICES.map((gigabytes) => (
              <option
                key={String(gigabytes)}
                value={gigabytes === null ? "" : String(gigabytes * GIGABYTE)}
              >
                {gigabytes === null ? "No limit" : `${gigabytes} GB`}
              </option>
            ))}
          </select>
        )}
      </FormField>
      <label>
        <input
          type="checkbox"
          checked={limits.mainsOnly}
          onChange={(event) => onChange({ ...limits, mainsOnly: event.currentTarget.checked })}
        />{" "}
        Not on battery <span class="hint">(where the browser tells)</span>
      </label>
      {hasIdle && (
        <label>
          <input
            type="checkbox"
            checked={limits.idleOnly}
            onChange={(event) => onChange({ ...limits, idleOnly: event.currentTarget.checked })}
          />{" "}
          Not while I use this device <span class="hint">(the browser asks you first)</span>
        </label>
      )}
      <label>
        <input
          type="checkbox"
          checked={limits.screenOn}
          onChange={(event) => onChange({ ...limits, screenOn: event.currentTarget.checked })}
        />{" "}
        Keep the screen on
      </label>
    </div>
  );
}

function HourChoice({
  label,
  hour,
  onChange,
}: {
  label: string;
  hour: number;
  onChange(hour: number): void;
}) {
  return (
    <label>
      {label}{" "}
      <select value={hour} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        {HOURS.map((each) => (
          <option key={each} value={each}>
            {`${String(each).padStart(2, "0")}:00`}
          </option>
        ))}
      </select>
    </label>
  );
}
