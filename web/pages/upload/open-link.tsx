import { useSignal } from "@preact/signals";
import type { ShareResponse } from "../../../shared/wire/api.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { HELPERS } from "./texts.ts";

function isOfThisDevice(url: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
}

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
  const until = new Date(link.expiresAtMs).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (
    <>
      <div class="share-open">
        <CopyField
          label="Link for helpers"
          text={link.joinUrl}
          hint={`For up to ${link.maxContributors} devices, until ${until}. Whoever has it can help and sees pieces of the video.`}
        />
        <div class="share-qr" role="img" aria-label="The link for helpers as a QR code">
          <QrCode text={link.joinUrl} />
        </div>
      </div>
      {isOfThisDevice(link.joinUrl) && (
        <Note kind="warn" icon={<WarningIcon />}>
          This link works on this computer alone, because you opened the page as{" "}
          <b>{location.hostname}</b>. For other devices of your network start the site with{" "}
          <code>npm start -- --host</code>, and open the address that it prints.
        </Note>
      )}
      {isAsking.value ? (
        <fieldset class="confirm">
          <legend>{HELPERS.stopAsked}</legend>
          <div class="actions">
            <button
              type="button"
              class="button button-danger"
              disabled={pending}
              onClick={onRevoke}
            >
              {HELPERS.stop}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                isAsking.value = false;
              }}
            >
              {HELPERS.keep}
            </button>
          </div>
        </fieldset>
      ) : (
        <div class="actions">
          {navigator.share !== undefined && (
            <button
              type="button"
              class="button"
              // Closed without sharing: nothing to say.
              onClick={() => void navigator.share({ url: link.joinUrl }).catch(() => {})}
            >
              {HELPERS.share}
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
            {HELPERS.stop}
          </button>
        </div>
      )}
    </>
  );
}
