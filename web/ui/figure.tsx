/** A number with its name, for use inside a `<dl class="figures">`. */
export function Figure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <b class="figure-value">{value}</b>
        {hint !== undefined && <span class="figure-hint"> {hint}</span>}
      </dd>
    </div>
  );
}
