import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError } from "../../../shared/job/errors.ts";
import { PoolClient } from "../../pool-client.ts";
import { keepPool } from "../../saved/pools.ts";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { PageFrame } from "../../ui/page-frame.tsx";

/** Behind a pool's link for owners: the pool is kept in this browser, to be asked for help. */
export function AskPage({ poolId, token }: { poolId: string; token: string }) {
  const shown = useSignal<{ title: string; text: string; isKept: boolean } | null>(null);
  useEffect(() => {
    new PoolClient(location.origin).facts(poolId, token).then(
      ({ name, members }) => {
        keepPool({ poolId, token, name });
        const machines = members === 1 ? "1 computer is" : `${members} computers are`;
        const text = `${machines} there now. When you share a video in this browser, choose “Ask a pool for help”.`;
        shown.value = { title: `You can ask “${name}” for help`, text, isKept: true };
      },
      (thrown: unknown) => {
        const { title, what, advice } = ERROR_TEXTS[toWireError(thrown).code];
        shown.value = { title, text: `${what} ${advice}`, isKept: false };
      },
    );
  }, [poolId, token, shown]);
  return (
    <PageFrame>
      <div class="pool-page">
        {shown.value === null ? (
          <p class="hint">Looking at the pool…</p>
        ) : (
          <section class="card pool-card">
            <h1>{shown.value.title}</h1>
            <p>{shown.value.text}</p>
            {shown.value.isKept && (
              <p>
                <a class="button button-primary" href="/">
                  Share a video
                </a>
              </p>
            )}
          </section>
        )}
      </div>
    </PageFrame>
  );
}
