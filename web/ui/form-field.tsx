import type { JSX } from "preact";
import { useId } from "preact/hooks";

/** Attributes that tie a control to its label, hint and error. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** A control with its name above it, and below it a hint and what is wrong with it. */
export function FormField({
  label,
  hint = "",
  problem = "",
  children,
}: {
  label: string;
  hint?: string;
  /** A sentence; "" where nothing is wrong. */
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
