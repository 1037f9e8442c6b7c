import { useSignal } from "@preact/signals";
import type { ShareResponse } from "../../../shared/wire/api.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { currentLocale, t } from "../../words/words.ts";
import { LocalLinkNote } from "./local-link-note.tsx";

/** The link for helpers, to copy and to scan. */
export function OpenLink({
  link,
  pending,
  onRevoke,
}: {
  link: ShareResponse;
  pending: boolean;
  onRevoke(): void;
}) {
  const isAsking = useSignal(false);
  const until = new Date(link.expiresAtMs).toLocaleString(currentLocale(), {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (
    <>
      <div class="share-open">
        <CopyField
          label={t("upload.linkForHelpers")}
          text={link.joinUrl}
          hint={t("upload.forUpToDevicesUntil", { maxContributors: link.maxContributors, until })}
        />
        <div class="share-qr" role="img" aria-label={t("upload.theLinkForHelpersAs")}>
          <QrCode text={link.joinUrl} />
        </div>
      </div>
      <LocalLinkNote url={link.joinUrl} />
      {isAsking.value ? (
        <fieldset
          class="confirm"
          onKeyDown={({ key }) => {
            if (key === "Escape") isAsking.value = false;
          }}
        >
          <legend>{t("upload.helpers.stopAsked")}</legend>
          <div class="actions">
            <button
              type="button"
              class="button button-danger"
              disabled={pending}
              onClick={onRevoke}
            >
              {t("upload.helpers.stop")}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                isAsking.value = false;
              }}
            >
              {t("upload.helpers.keep")}
            </button>
          </div>
        </fieldset>
      ) : (
        <div class="actions">
          {navigator.share !== undefined && (
            <button
              type="button"
              class="button"
              // Rejects where the person closes the share sheet, which is no error.
              onClick={() => void navigator.share({ url: link.joinUrl }).catch(() => {})}
            >
              {t("upload.helpers.share")}
            </button>
          )}
          <button
            type="button"
            class="button"
            disabled={pending}
            onClick={() => {
              isAsking.value = true;
            }}
          >
            {t("upload.helpers.stop")}
          </button>
        </div>
      )}
    </>
  );
}
