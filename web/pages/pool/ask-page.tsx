import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError } from "../../../shared/job/errors.ts";
import { PoolClient } from "../../pool-client.ts";
import { keepPool } from "../../saved/pools.ts";
import { errorText } from "../../ui/error-texts.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";

/** Page behind a pool's link for owners: stores the pool in this browser, so that it can be asked for help. */
export function AskPage({ poolId, token }: { poolId: string; token: string }) {
  const shown = useSignal<{ title: string; text: string; isKept: boolean } | null>(null);
  useEffect(() => {
    new PoolClient(location.origin).facts(poolId, token).then(
      ({ name, members }) => {
        keepPool({ poolId, token, name });
        const text = t("pool.thereNowWhenYouShare", { members });
        shown.value = { title: t("pool.youCanAskForHelp", { name }), text, isKept: true };
      },
      (thrown: unknown) => {
        const { title, what, advice } = errorText(toWireError(thrown).code);
        shown.value = { title, text: `${what} ${advice}`, isKept: false };
      },
    );
  }, [poolId, token, shown]);
  return (
    <PageFrame>
      <div class="pool-page">
        {shown.value === null ? (
          <p class="hint">{t("pool.lookingAtThePool")}</p>
        ) : (
          <section class="card pool-card">
            <h1>{shown.value.title}</h1>
            <p>{shown.value.text}</p>
            {shown.value.isKept && (
              <p>
                <a class="button button-primary" href="/">
                  {t("pool.shareAVideo")}
                </a>
              </p>
            )}
          </section>
        )}
      </div>
    </PageFrame>
  );
}
