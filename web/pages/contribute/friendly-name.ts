/** Makes names by which the owner can tell helpers apart. They say nothing about the person. */

const KINDS = ["Calm", "Swift", "Bright", "Kind", "Quiet", "Brave", "Merry", "Steady"] as const;
const ANIMALS = [
  "Otter",
  "Heron",
  "Beaver",
  "Salmon",
  "Newt",
  "Kingfisher",
  "Trout",
  "Swan",
  "Dipper",
  "Pike",
  "Frog",
  "Egret",
  "Carp",
  "Teal",
  "Perch",
  "Mayfly",
] as const;

/** @param random in [0, 1) */
export function friendlyName(random: () => number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "";
  return `${pick(KINDS)} ${pick(ANIMALS)} ${10 + Math.floor(random() * 90)}`;
}

/** Class of device and browser, such as "Phone, Chrome"; no further details. */
export function deviceClass(userAgent: string): string {
  const isTablet = /iPad|Tablet/.test(userAgent);
  const kind = isTablet ? "Tablet" : /Mobi|Android|iPhone/.test(userAgent) ? "Phone" : "Computer";
  const browser = /Firefox\//.test(userAgent)
    ? "Firefox"
    : /Edg\//.test(userAgent)
      ? "Edge"
      : /Chrome\//.test(userAgent)
        ? "Chrome"
        : /Safari\//.test(userAgent)
          ? "Safari"
          : "browser";
  return `${kind}, ${browser}`;
}
