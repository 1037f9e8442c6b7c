import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { rich } from "../../words/words.ts";

/** Shown beside a link that is for other devices, where it leads to the device itself. */
export function LocalLinkNote({ url }: { url: string }) {
  const { hostname } = new URL(url);
  if (!/^(.*\.)?localhost$|^127\.|^\[::1\]$/.test(hostname)) return null;
  return (
    <Note kind="warn" icon={<WarningIcon />}>
      <p>
        {rich("upload.thisLinkWorksOnThis", {
          hostname,
          b: (inside) => <b>{inside}</b>,
          code: (inside) => <code>{inside}</code>,
        })}
      </p>
    </Note>
  );
}
