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
  const servers = useSignal(rules.servers);
  return (
    <section class="card pool-card" aria-labelledby="limits-title">
      <h2 id="limits-title">{t("pool.limits")}</h2>
      <form
        class="limits"
        onSubmit={(event) => {
          event.preventDefault();
          const [members, jobs] = [maxMembers.value, maxJobsEach.value];
          void onSave({ maxMembers: members, maxJobsEach: jobs, servers: servers.value });
        }}
      >
        <CountField label={t("pool.mostComputersAtOnce")} most={1_000} count={maxMembers} />
        <CountField label={t("pool.mostVideosEach")} most={100} count={maxJobsEach} />
        <CountField
          label={t("pool.serversThatHelp")}
          hint={t("pool.serversThatHelpHint")}
          least={0}
          most={4}
          count={servers}
        />
        <div class="actions">
          <button type="submit" class="button">
            {t("pool.saveTheLimits")}
          </button>
        </div>
      </form>
    </section>
  );
}
