/**
 * Keeps the valid cue settings (WebVTT, 4.4): known names with values in their bounds, each once. `isReduced` says
 * whether any were left out.
 */
export function boundedSettings(text: string): { settings: string; isReduced: boolean } {
  const kept = new Map<string, string>();
  let isReduced = false;
  for (const setting of text.split(/\s+/).filter((each) => each !== "")) {
    const [, name = "", value = ""] = /^([a-z]+):(\S+)$/.exec(setting) ?? [];
    if (KNOWN[name]?.(value) === true && !kept.has(name)) kept.set(name, value);
    else isReduced = true;
  }
  return { settings: [...kept].map(([name, value]) => `${name}:${value}`).join(" "), isReduced };
}

/** The largest line number. Lines count from the top, or from the bottom where negative. */
const MOST_LINES = 50;

const KNOWN: Record<string, (value: string) => boolean> = {
  vertical: (value) => /^(rl|lr)$/.test(value),
  align: (value) => /^(start|center|end|left|right)$/.test(value),
  size: isPercentage,
  line: (value) => {
    const [offset = "", align] = value.split(",");
    if (align !== undefined && !/^(start|center|end)$/.test(align)) return false;
    return isPercentage(offset) || (/^-?\d{1,2}$/.test(offset) && Math.abs(+offset) <= MOST_LINES);
  },
  position: (value) => {
    const [offset = "", align] = value.split(",");
    return (
      (align === undefined || /^(line-left|center|line-right)$/.test(align)) && isPercentage(offset)
    );
  },
};

function isPercentage(value: string): boolean {
  return /^\d{1,3}(\.\d{1,6})?%$/.test(value) && Number.parseFloat(value) <= 100;
}

/**
 * The cue settings for a position, given as a key of a numeric keypad: 7, 8 and 9 are the top, 1, 4 and 7 the left.
 * @returns "" for the middle of the bottom, the default position
 */
export function settingsOfPlace(place: number): string {
  const row = Math.ceil(place / 3);
  const column = ((place - 1) % 3) + 1;
  const vertical = row === 3 ? ["line:0"] : row === 2 ? ["line:50%,center"] : [];
  const horizontal =
    column === 1
      ? ["position:2%,line-left", "align:left"]
      : column === 3
        ? ["position:98%,line-right", "align:right"]
        : [];
  return [...vertical, ...horizontal].join(" ");
}
