import { useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import type { CreatePoolResponse } from "../../../shared/wire/pool.ts";
import { PoolClient } from "../../pool-client.ts";
import { savedSiteToken } from "../../saved/site-token.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { FormField } from "../../ui/form-field.tsx";
import { PageFrame } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";

/** Makes a pool, and shows its three links. */
export function CreatePage() {
  const name = useSignal("");
  const problem = useSignal("");
  const isMaking = useSignal(false);
  const made = useSignal<CreatePoolResponse | null>(null);
  const create = async () => {
    isMaking.value = true;
    problem.value = "";
    try {
      const client = new PoolClient(location.origin);
      made.value = await client.create(name.value.trim(), savedSiteToken() ?? undefined);
    } catch (thrown) {
      const { what, advice } = ERROR_TEXTS[toWireError(thrown).code];
      problem.value = `${what} ${advice}`;
    } finally {
      isMaking.value = false;
    }
  };
  return (
    <PageFrame>
      <div class="pool-page">
        <section class="card pool-card" aria-labelledby="create-title">
          <h1 id="create-title">
            {made.value === null ? "Make a pool of computers" : `The pool “${name.value}” is made`}
          </h1>
          {made.value === null ? (
            <form
              class="limits"
              onSubmit={(event) => {
                event.preventDefault();
                void create();
              }}
            >
              <p>
                A class, a club or a lab lends its computers once, and they help with every video
                whose owner asks the pool. They only need a browser and one open tab.
              </p>
              <FormField label="Name of the pool" problem={problem.value}>
                {(props) => (
                  <input
                    {...props}
                    type="text"
                    required
                    maxLength={60}
                    value={name.value}
                    disabled={isMaking.value}
                    onInput={(event) => {
                      name.value = event.currentTarget.value;
                    }}
                  />
                )}
              </FormField>
              <div class="actions">
                <button
                  type="submit"
                  class="button button-primary"
                  disabled={isMaking.value || name.value.trim() === ""}
                >
                  Make the pool
                </button>
              </div>
            </form>
          ) : (
            <>
              <p>
                These links are shown this once. Keep the last one for yourself: whoever has it runs
                the pool.
              </p>
              <CopyField
                label="For computers that help"
                text={made.value.joinUrl}
                hint="Open it on each computer, and press Join the pool."
              />
              <div class="qr">
                <QrCode text={made.value.joinUrl} />
              </div>
              <CopyField
                label="For people who share videos"
                text={made.value.askUrl}
                hint="They open it once. Then they can ask the pool for help with each video."
              />
              <CopyField label="For you: the pool’s own page" text={made.value.operatorUrl} />
              <p>
                <a class="button" href={made.value.operatorUrl}>
                  Open the pool’s page
                </a>
              </p>
            </>
          )}
        </section>
      </div>
    </PageFrame>
  );
}
