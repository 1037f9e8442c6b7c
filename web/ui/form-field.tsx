import type { JSX } from "preact";
import { useId } from "preact/hooks";

/** Attributes that connect a control with its label, hint and error. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** A control with a label above it, and with a hint and an error below it. */
export function FormField({
  label,
  hint = "",
  problem = "",
  children,
}: {
  label: string;
  hint?: string;
  /** The error as a sentence; "" where there is none. */
  problem?: string;
  children(props: ControlProps): JSX.Element;
}) {
  const id = useId();
  const [hintId, problemId] = [`${id}-hint`, `${id}-problem`];
  const described = [hint && hintId, problem && problemId].filter(Boolean).join(" ");
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": problem !== "" })}
      {hint !== "" && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
      <p class="form-problem" id={problemId} role="status">
        {problem}
      </p>
    </div>
  );
}
