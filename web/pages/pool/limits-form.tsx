import { FormField } from "../../ui/form-field.tsx";
import { rich, t } from "../../words/words.ts";
import type { KeptLimits } from "./member-limits.ts";

const GIGABYTE = 1_000_000_000;
const DATA_CHOICES = [null, 1, 5, 20, 100] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Form for the limits within which this device helps. */
export function LimitsForm({
  limits,
  possibleSlots,
  useIsNotTold,
  onChange,
}: {
  limits: KeptLimits;
  /** The browser does not tell whether somebody uses the device, which is wanted. */
  useIsNotTold: boolean;
  possibleSlots: number;
  onChange(limits: KeptLimits): void;
}) {
  const { slots, hours, bytesADay } = limits;
  const hasIdle = "IdleDetector" in globalThis;
  return (
    <div class="limits">
      <FormField
        label={t("pool.processorCoresToGive")}
        hint={t("pool.of", { slots, possibleSlots })}
      >
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
        <legend>{t("pool.hoursOfTheDay")}</legend>
        <label>
          <input
            type="checkbox"
            checked={hours !== null}
            onChange={(event) => {
              const chosen = event.currentTarget.checked ? { from: 8, to: 16 } : null;
              onChange({ ...limits, hours: chosen });
            }}
          />{" "}
          {t("pool.onlyInTheseHours")}
        </label>
        {hours !== null && (
          <p class="hours-row">
            <HourChoice
              label={t("pool.from")}
              hour={hours.from}
              onChange={(from) => onChange({ ...limits, hours: { ...hours, from } })}
            />
            <HourChoice
              label={t("pool.to")}
              hour={hours.to}
              onChange={(to) => onChange({ ...limits, hours: { ...hours, to } })}
            />
          </p>
        )}
      </fieldset>
      <FormField label={t("pool.dataADay")} hint={t("pool.receivedAndSentAPiece")}>
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
                {gigabytes === null ? t("pool.noLimit") : t("pool.gb", { gigabytes })}
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
        {rich("pool.notOnBatteryWhereThe", {
          span: (inside) => <span class="hint">{inside}</span>,
        })}
      </label>
      {hasIdle && (
        <label>
          <input
            type="checkbox"
            checked={limits.idleOnly}
            onChange={(event) => onChange({ ...limits, idleOnly: event.currentTarget.checked })}
          />{" "}
          {rich("pool.notWhileIUseThis", { span: (inside) => <span class="hint">{inside}</span> })}
        </label>
      )}
      {useIsNotTold && (
        <p class="form-problem" role="status">
          {t("pool.useIsNotTold")}
        </p>
      )}
      <label>
        <input
          type="checkbox"
          checked={limits.screenOn}
          onChange={(event) => onChange({ ...limits, screenOn: event.currentTarget.checked })}
        />{" "}
        {t("pool.keepTheScreenOn")}
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
