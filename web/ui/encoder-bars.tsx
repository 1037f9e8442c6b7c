import { t } from "../words/words.ts";
/**
 * A bar for each encoder at work; empty while none is.
 * @param encoding progress of each encoder, 0..1
 */
export function EncoderBars({ encoding }: { encoding: readonly number[] }) {
  if (encoding.length === 0) return null;
  return (
    <ul class="encoders" aria-label={t("ui.encodersAtWork")}>
      {encoding.map((progress, index) => (
        <li key={String(index)}>
          <progress
            class="bar"
            max={1}
            value={progress}
            aria-label={t("ui.encoder", { index: index + 1 })}
          />
        </li>
      ))}
    </ul>
  );
}
