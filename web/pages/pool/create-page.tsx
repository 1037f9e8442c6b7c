import { useSignal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import type { CreatePoolResponse } from "../../../shared/wire/pool.ts";
import { PoolClient } from "../../pool-client.ts";
import { savedSiteToken } from "../../saved/site-token.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { errorText } from "../../ui/error-texts.ts";
import { FormField } from "../../ui/form-field.tsx";
import { PageFrame } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { t } from "../../words/words.ts";

/** Page that creates a pool and shows its three links. */
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
      const { what, advice } = errorText(toWireError(thrown).code);
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
            {made.value === null
              ? t("pool.makeAPoolOfComputers")
              : t("pool.thePoolIsMade", { name: name.value })}
          </h1>
          {made.value === null ? (
            <form
              class="limits"
              onSubmit={(event) => {
                event.preventDefault();
                void create();
              }}
            >
              <p>{t("pool.aClassAClubOr")}</p>
              <FormField label={t("pool.nameOfThePool")} problem={problem.value}>
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
                  {t("pool.makeThePool")}
                </button>
              </div>
            </form>
          ) : (
            <>
              <p>{t("pool.theseLinksAreShownThis")}</p>
              <CopyField
                label={t("pool.forComputersThatHelp")}
                text={made.value.joinUrl}
                hint={t("pool.openItOnEachComputer")}
              />
              <div class="qr">
                <QrCode text={made.value.joinUrl} />
              </div>
              <CopyField
                label={t("pool.forPeopleWhoShareVideos")}
                text={made.value.askUrl}
                hint={t("pool.theyOpenItOnceThen")}
              />
              <CopyField label={t("pool.forYouThePoolsOwn")} text={made.value.operatorUrl} />
              <p>
                <a class="button" href={made.value.operatorUrl}>
                  {t("pool.openThePoolsPage")}
                </a>
              </p>
            </>
          )}
        </section>
      </div>
    </PageFrame>
  );
}
