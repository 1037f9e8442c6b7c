import { expect, test } from "vitest";
import { knownLanguages, languageName, threeLetterCode } from "../../shared/job/language.ts";

/** All possible two-letter codes. */
const PAIRS = Array.from({ length: 26 * 26 }, (_, n) =>
  String.fromCharCode(0x61 + Math.floor(n / 26), 0x61 + (n % 26)),
);

test("the three letters of a language are canonically its two", () => {
  const known = PAIRS.filter((two) => threeLetterCode(two) !== "und");
  expect(known).toHaveLength(183);
  // Intl replaces Tagalog by Filipino, and Twi by Akan.
  for (const two of known.filter((each) => each !== "tl" && each !== "tw")) {
    expect(Intl.getCanonicalLocales(threeLetterCode(two))[0], two).toBe(two);
  }
});

test.each([
  ["de", "deu", "German"],
  ["pt-BR", "por", "Brazilian Portuguese"],
  ["yue", "yue", "Cantonese"],
  ["und", "und", null],
  ["", "und", null],
])("%j is %s in MP4, and %s to people", (language, code, name) => {
  expect(threeLetterCode(language)).toBe(code);
  expect(languageName(language)).toBe(name);
});

test("each language stands in the list once", () => {
  const names = knownLanguages().map(({ name }) => name);
  expect(names).toContain("German");
  expect(new Set(names).size).toBe(names.length);
});
