/** Actions of keys in the player; the keys are those of YouTube. */
export type KeyAction =
  | { do: "play" | "mute" | "captions" | "fullscreen" }
  | { do: "seek"; bySeconds: number }
  | { do: "seek-to"; share: number }
  | { do: "frame"; by: 1 | -1 }
  | { do: "speed"; by: 1 | -1 }
  | { do: "volume"; by: number };

/** The fields of a key press that are read. */
export interface PressedKey {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** Keys that always belong to the player. Space and the arrows may belong to the focused control. */
const ALWAYS: Readonly<Record<string, KeyAction>> = {
  k: { do: "play" },
  j: { do: "seek", bySeconds: -10 },
  l: { do: "seek", bySeconds: 10 },
  m: { do: "mute" },
  c: { do: "captions" },
  f: { do: "fullscreen" },
  "<": { do: "speed", by: -1 },
  ">": { do: "speed", by: 1 },
  ",": { do: "frame", by: -1 },
  ".": { do: "frame", by: 1 },
};
const UNLESS_USED: Readonly<Record<string, KeyAction>> = {
  " ": { do: "play" },
  ArrowLeft: { do: "seek", bySeconds: -5 },
  ArrowRight: { do: "seek", bySeconds: 5 },
  ArrowUp: { do: "volume", by: 0.05 },
  ArrowDown: { do: "volume", by: -0.05 },
};

/**
 * @param isUsed whether the focused control takes Space and the arrows itself
 * @param hasLetters whether keys that write something have actions. Viewers can switch that off: dictated text presses
 *   such keys, too (WCAG 2.1.4).
 * @returns null for keys without an action, and for keys with a modifier, which belong to the browser
 */
export function keyAction(
  { key, altKey, ctrlKey, metaKey }: PressedKey,
  isUsed: boolean,
  hasLetters = true,
): KeyAction | null {
  if (altKey || ctrlKey || metaKey) return null;
  if (hasLetters && /^\d$/.test(key)) return { do: "seek-to", share: Number(key) / 10 };
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (hasLetters && Object.hasOwn(ALWAYS, name)) return ALWAYS[name] ?? null;
  return isUsed || !Object.hasOwn(UNLESS_USED, key) ? null : (UNLESS_USED[key] ?? null);
}

/** Speeds to choose from. */
export const SPEEDS: readonly number[] = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** The next speed in a direction; at either end the speed stays. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const further = SPEEDS.filter((each) => (by === 1 ? each > speed : each < speed));
  return (by === 1 ? further[0] : further.at(-1)) ?? speed;
}
