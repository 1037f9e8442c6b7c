import { useSignal } from "@preact/signals";
import { FormField } from "../../ui/form-field.tsx";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { KEY } from "./texts.ts";

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

/** A site that takes videos from some people only: asks for its key before any work. */
export function KeyField({
  isRefused,
  onKey,
}: {
  /** The site did not take the last one. */
  isRefused: boolean;
  onKey(key: string): void;
}) {
  const key = useSignal("");
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.value.trim() !== "") onKey(key.value.trim());
      }}
    >
      <FormField label={KEY.label} hint={KEY.hint} problem={isRefused ? KEY.refused : ""}>
        {(props) => (
          <input
            {...props}
            type="password"
            autocomplete="off"
            value={key.value}
            onInput={(event) => {
              key.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <div class="actions">
        <button type="submit" class="button" disabled={key.value.trim() === ""}>
          {KEY.use}
        </button>
      </div>
    </form>
  );
}
