import type { UnableCode } from "../encoder/capability.ts";
import { type Key, t } from "../words/words.ts";

const TEXTS: Readonly<Record<UnableCode, Key>> = {
  "little-memory": "ui.lack.memory",
  "no-engine": "errors.ENGINE_UNAVAILABLE.what",
  "no-workers": "ui.lack.workers",
  "too-old": "ui.lack.old",
};

/** A sentence on why a device cannot help; "" without a code. */
export function unableText(code: UnableCode | null | undefined): string {
  return code == null ? "" : t(TEXTS[code]);
}
