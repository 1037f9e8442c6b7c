import type { ShareResponse } from "../../../shared/wire/api.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";

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
      <div class="actions">
        <button type="button" class="button" disabled={pending} onClick={onRevoke}>
          End the link
        </button>
      </div>
    </>
  );
}
