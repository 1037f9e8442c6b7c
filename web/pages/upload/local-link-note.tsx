import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { rich } from "../../words/words.ts";

/** Warning beside a link for other devices that leads to this device itself (localhost). */
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
