import { type Signal, useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import { PoolClient } from "../../pool-client.ts";
import { type KeptPool, keepPool, keptPools, readAskLink } from "../../saved/pools.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { FormField } from "../../ui/form-field.tsx";

/** Whether computers of a class or club help with this video. */
export function PoolChoice({
  pool,
  isPrivate,
  disabled,
}: {
  pool: Signal<KeptPool | null>;
  isPrivate: boolean;
  disabled: boolean;
}) {
  const pools = useSignal(keptPools());
  const link = useSignal("");
  const problem = useSignal("");
  const add = async () => {
    const read = readAskLink(link.value);
    if (read === null) {
      problem.value = "This is not a pool’s link for owners.";
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
      problem.value = ERROR_TEXTS[toWireError(thrown).code].what;
    }
  };
  return (
    <details class="details" open={pools.value.length > 0}>
      <summary>Ask a pool for help</summary>
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
          Let the computers of <b>{each.name}</b> help with this video
        </label>
      ))}
      {pool.value !== null && (
        <p class="hint">
          Short pieces of the video go to those computers, which encode them and send them back.
          {isPrivate && " That is so for this private video, too: choose it only if you agree."}
        </p>
      )}
      <FormField
        label="The pool’s link"
        hint="From the person who runs a pool: your class, club or lab."
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
        Ask this pool
      </button>
    </details>
  );
}
