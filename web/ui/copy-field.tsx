import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../words/words.ts";
import { CheckIcon, CopyIcon } from "./icons.tsx";

const FEEDBACK_MS = 2000;

/** A text with a button that copies it and says whether that worked. */
export function CopyField({ label, text, hint }: { label: string; text: string; hint?: string }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const outcome = useSignal<"copied" | "select" | null>(null);
  useEffect(() => {
    if (outcome.value === null) return;
    const timer = setTimeout(() => {
      outcome.value = null;
    }, FEEDBACK_MS);
    return () => clearTimeout(timer);
  }, [outcome.value]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      outcome.value = "copied";
    } catch {
      // Without access to the clipboard (plain http, or refused) the text is selected, to copy by keyboard.
      field.current?.focus();
      field.current?.select();
      outcome.value = "select";
    }
  };

  return (
    <div class="copy-field">
      <label for={id}>{label}</label>
      <div class="copy-row">
        <input
          ref={field}
          id={id}
          type="text"
          dir="ltr"
          readOnly
          value={text}
          spellcheck={false}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button" onClick={copy}>
          {outcome.value === "copied" ? <CheckIcon /> : <CopyIcon />}
          {outcome.value === "copied" ? t("ui.copied") : t("ui.copy")}
          <span class="visually-hidden"> {label}</span>
        </button>
      </div>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <p class="hint" role="status">
        {outcome.value === "select" && t("ui.copyingIsNotAllowedHere")}
        {outcome.value === "copied" && <span class="visually-hidden">{t("ui.copied2")}</span>}
      </p>
    </div>
  );
}
