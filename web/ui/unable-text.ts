import type { UnableCode } from "../encoder/capability.ts";
import { type Key, t } from "../words/words.ts";

const TEXTS: Readonly<Record<UnableCode, Key>> = {
  "little-memory": "ui.lack.memory",
  "no-engine": "errors.ENGINE_UNAVAILABLE.what",
  "no-workers": "ui.lack.workers",
  "too-old": "ui.lack.old",
};

/** Why a device cannot help. */
export function unableText(code: UnableCode | null | undefined): string {
  return code == null ? "" : t(TEXTS[code]);
}
