import { afterAll, expect, test } from "vitest";
import { bestLanguage, LANGUAGES, type Language, localeOf } from "../../shared/words/language.ts";
import {
  formatBytes,
  formatClock,
  formatLength,
  formatWait,
  languageName,
  trackName,
} from "../../web/ui/format.ts";
import { noticeTexts } from "../../web/ui/notice-text.ts";
import { WORD_FILES } from "../../web/words/keys.ts";
import { loadWords, rich, t } from "../../web/words/words.ts";

const speak = (language: Language) => loadWords(WORD_FILES, language);

afterAll(() => speak("en"));

test.each([
  [["de-AT", "en"], "de"],
  [["fr", "AR-eg", "de"], "ar"],
  [["fr", "tlh"], "en"],
  [[], "en"],
])("%o is spoken as %s", (wanted, language) => {
  expect(bestLanguage(wanted)).toBe(language);
});

test("a region shapes dates, the language words", () => {
  expect(localeOf("en", ["de", "en-GB"])).toBe("en-GB");
  expect(localeOf("de", ["en-GB"])).toBe("de");
});

test("figures are written as the language writes them", async () => {
  await speak("de");
  expect([formatBytes(4_139_823), formatBytes(999), formatLength(90_000 * 30)]).toEqual([
    "4,1 MB",
    "999 B",
    "30,0 s",
  ]);
  expect([formatWait(4800), formatClock(3723), languageName("ar")]).toEqual([
    "1 h 20 min",
    "1:02:03",
    "Arabisch",
  ]);
});

test("tracks are named in the page's language, unless a person named them", async () => {
  await speak("de");
  const named = [
    ["English", "en"],
    ["German (2)", "de"],
    ["Audio 2", "und"],
    ["Subtitles (2)", "und"],
    ["Kommentar der Regie", "de"],
    ["Anna (2)", "en"],
  ].map(([name = "", language = ""]) => trackName(name, language, "Ton"));
  expect(named).toEqual([
    ...["Englisch", "Deutsch (2)", "Ton 2", "Ton (2)", "Kommentar der Regie", "Anna (2)"],
  ]);
});

test("Arabic has six plural forms, and sets names apart", async () => {
  await speak("ar");
  const said = [0, 1, 2, 3, 11, 100].map((count) => t("upload.partsDone", { count }));
  expect(said).toEqual(["بلا أجزاء", "جزء واحد", "جزآن", "3 أجزاء", "11 جزءًا", "100 جزء"]);
  expect(t("upload.openAgain", { name: "Ferien.mp4" })).toBe("فتح \u2068Ferien.mp4\u2069 من جديد");
});

test("tags of a message become what the page makes of them", async () => {
  await speak("de");
  const parts = rich("upload.remove", { name: "Otter", span: (inside) => `[${String(inside)}]` });
  expect(parts).toBe("Entfernen[: Otter]");
});

test("a notice is the found sentence in English, and its code's elsewhere", async () => {
  const notices = [
    { code: "CLOCK_JUMPS" as const, message: "The clock jumps by 3.2 s.", atSeconds: 65 },
    { code: "OTHER" as const, message: "Of a build without codes.", atSeconds: null },
  ];
  await speak("en");
  expect(noticeTexts({ notices })).toEqual(notices.map(({ message }) => message));
  await speak("de");
  expect(noticeTexts({ notices })).toEqual([
    "Die Uhr der Datei springt; was folgt, wird gleich danach gezeigt. (Bei 1:05.)",
    "Of a build without codes.",
  ]);
});

test.each(Object.keys(LANGUAGES) as Language[])("%s has a file for each area", async (language) => {
  await speak(language);
  expect(t("ui.videos")).not.toBe("ui.videos");
});
