import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";

/** A link brings another key than the one that this browser keeps: anybody can make such a link. */
export function KeyQuestion({ onKeep, onReplace }: { onKeep(): void; onReplace(): void }) {
  return (
    <Note kind="warn" icon={<WarningIcon />}>
      <p>
        <b>This link brings another key for this site.</b> Your browser already keeps one, which
        goes on being used. Replace it only if the people who run this site sent you the link.
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={onKeep}>
          Keep my key
        </button>
        <button type="button" class="button" onClick={onReplace}>
          Replace it
        </button>
      </div>
    </Note>
  );
}
