import { type Signal, useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import { PoolClient } from "../../pool-client.ts";
import { type KeptPool, keepPool, keptPools, readAskLink } from "../../saved/pools.ts";
import { errorText } from "../../ui/error-texts.ts";
import { FormField } from "../../ui/form-field.tsx";
import { rich, t } from "../../words/words.ts";

/** Choice whether a pool, such as a class's computers, helps with this video. */
export function PoolChoice({
  pool,
  credits,
  isPrivate,
  disabled,
}: {
  pool: Signal<KeptPool | null>;
  /** Whether the description is to name the pool. */
  credits: Signal<boolean>;
  isPrivate: boolean;
  disabled: boolean;
}) {
  const pools = useSignal(keptPools());
  const link = useSignal("");
  const problem = useSignal("");
  const add = async () => {
    const read = readAskLink(link.value);
    if (read === null) {
      problem.value = t("upload.thisIsNotAPools");
      return;
    }
    try {
      const { name } = await new PoolClient(location.origin).facts(read.poolId, read.token);
      const added = { ...read, name };
      keepPool(added);
      pools.value = keptPools();
      pool.value = added;
      link.value = "";
      problem.value = "";
    } catch (thrown) {
      problem.value = errorText(toWireError(thrown).code).what;
    }
  };
  return (
    <details class="details" open={pools.value.length > 0}>
      <summary>{t("upload.askAPoolForHelp")}</summary>
      {pools.value.map((each) => (
        <label key={each.poolId} class="choice">
          <input
            type="checkbox"
            checked={pool.value?.poolId === each.poolId}
            disabled={disabled}
            onChange={(event) => {
              pool.value = event.currentTarget.checked ? each : null;
            }}
          />{" "}
          {rich("upload.letTheComputersOfHelp", {
            name: each.name,
            b: (inside) => <b>{inside}</b>,
          })}
        </label>
      ))}
      {pool.value !== null && (
        <>
          <p class="hint">
            {t("upload.shortPiecesGoToThose")}
            {isPrivate && ` ${t("upload.thatIsSoForThis")}`}
          </p>
          <label class="choice">
            <input
              type="checkbox"
              checked={credits.value}
              disabled={disabled}
              onChange={(event) => {
                credits.value = event.currentTarget.checked;
              }}
            />{" "}
            {t("upload.thankThePool")}
          </label>
        </>
      )}
      <FormField
        label={t("upload.thePoolsLink")}
        hint={t("upload.fromThePersonWhoRuns")}
        problem={problem.value}
      >
        {(props) => (
          <input
            {...props}
            type="url"
            value={link.value}
            disabled={disabled}
            onInput={(event) => {
              link.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <button type="button" class="button" disabled={disabled || link.value === ""} onClick={add}>
        {t("upload.askThisPool")}
      </button>
    </details>
  );
}
