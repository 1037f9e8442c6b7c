import { useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import { errorText } from "../../ui/error-texts.ts";
import { FormField } from "../../ui/form-field.tsx";
import { t } from "../../words/words.ts";

/** Asks for the passphrase of a private video. */
export function PassphraseForm({
  onUnlock,
}: {
  /** Rejects where the passphrase is wrong. */
  onUnlock(passphrase: string): Promise<void>;
}) {
  const passphrase = useSignal("");
  const problem = useSignal("");
  const isBusy = useSignal(false);
  const unlock = async () => {
    isBusy.value = true;
    problem.value = "";
    try {
      await onUnlock(passphrase.value);
    } catch (thrown) {
      const { title, advice } = errorText(toWireError(thrown).code);
      problem.value = `${title}. ${advice}`;
      isBusy.value = false;
    }
  };
  const { title, what } = errorText("PASSPHRASE_REQUIRED");
  return (
    <section class="card passphrase-card" aria-labelledby="passphrase-title">
      <h1 id="passphrase-title">{title}</h1>
      <p>{what}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void unlock();
        }}
      >
        <FormField label={t("watch.passphrase")} problem={problem.value}>
          {(props) => (
            <input
              {...props}
              type="password"
              autoComplete="current-password"
              maxLength={200}
              value={passphrase.value}
              onInput={(event) => {
                passphrase.value = event.currentTarget.value;
              }}
            />
          )}
        </FormField>
        <div class="actions">
          <button
            type="submit"
            class="button button-primary"
            disabled={isBusy.value || passphrase.value === ""}
          >
            {isBusy.value ? t("watch.opening") : t("watch.watch")}
          </button>
        </div>
      </form>
    </section>
  );
}
