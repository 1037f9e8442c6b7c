import { useSignal } from "@preact/signals";
import type { PoolRules } from "../../../shared/wire/pool.ts";
import { t } from "../../words/words.ts";
import { CountField } from "./count-field.tsx";

/** The pool's limits, which its operator may change. */
export function RulesForm({
  rules,
  onSave,
}: {
  rules: PoolRules;
  onSave(rules: PoolRules): Promise<void>;
}) {
  const maxMembers = useSignal(rules.maxMembers);
  const maxJobsEach = useSignal(rules.maxJobsEach);
  return (
    <section class="card pool-card" aria-labelledby="limits-title">
      <h2 id="limits-title">{t("pool.limits")}</h2>
      <form
        class="limits"
        onSubmit={(event) => {
          event.preventDefault();
          void onSave({ maxMembers: maxMembers.value, maxJobsEach: maxJobsEach.value });
        }}
      >
        <CountField label={t("pool.mostComputersAtOnce")} most={1_000} count={maxMembers} />
        <CountField label={t("pool.mostVideosEach")} most={100} count={maxJobsEach} />
        <div class="actions">
          <button type="submit" class="button">
            {t("pool.saveTheLimits")}
          </button>
        </div>
      </form>
    </section>
  );
}
