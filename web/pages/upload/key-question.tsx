import { useSignal } from "@preact/signals";
import { FormField } from "../../ui/form-field.tsx";
import { WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { rich, t } from "../../words/words.ts";

/** Question where a link brings another key than the saved one. Anybody can make such a link, so the person decides. */
export function KeyQuestion({ onKeep, onReplace }: { onKeep(): void; onReplace(): void }) {
  return (
    <Note kind="warn" icon={<WarningIcon />}>
      <p>{rich("upload.thisLinkBringsAnotherKey", { b: (inside) => <b>{inside}</b> })}</p>
      <div class="actions">
        <button type="button" class="button" onClick={onKeep}>
          {t("upload.keepMyKey")}
        </button>
        <button type="button" class="button" onClick={onReplace}>
          {t("upload.replaceIt")}
        </button>
      </div>
    </Note>
  );
}

/** Field for the key of a site that takes videos only from some people; shown before any work. */
export function KeyField({
  isRefused,
  onKey,
}: {
  /** Whether the site refused the last key. */
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
      <FormField
        label={t("upload.key.label")}
        hint={t("upload.key.hint")}
        problem={isRefused ? t("upload.key.refused") : ""}
      >
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
          {t("upload.key.use")}
        </button>
      </div>
    </form>
  );
}
