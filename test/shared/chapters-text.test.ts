import "../setup/load-words.ts";
import { describe, expect, test } from "vitest";
import { parseTimeText, timeText } from "../../shared/time-text.ts";
import { chaptersOfText, textOfChapters } from "../../web/ui/chapters-text.ts";

describe("a time", () => {
  test.each([
    ["90", 90],
    ["90s", 90],
    ["1:30", 90],
    ["01:02:03.5", 3723.5],
    ["1h2m3s", 3723],
    ["2m", 120],
    ["1H", 3600],
    ["0", 0],
    [" 7 ", 7],
  ])("%s", (text, seconds) => expect(parseTimeText(text)).toBe(seconds));

  test.each(["", "x", "-1", "1:2:3:4", "1e3", "Infinity", "1:", "s", "9".repeat(20)])(
    "%j is none",
    (text) => expect(parseTimeText(text)).toBeNull(),
  );

  test.each([0, 5, 65, 3600, 3723.5, 0.001, 59.999, 359_999.25])("%d is read as written", (it) =>
    expect(parseTimeText(timeText(it))).toBe(it),
  );
});

describe("chapters", () => {
  test("are read as written", () => {
    const chapters = [
      { startSeconds: 0, title: "Begin: 1:30 of it" },
      { startSeconds: 3723.25, title: "End" },
    ];
    expect(chaptersOfText(textOfChapters(chapters))).toEqual(chapters);
    expect(chaptersOfText("\n 0:05\tA \n\n1:00 B\n")).toEqual([
      { startSeconds: 5, title: "A" },
      { startSeconds: 60, title: "B" },
    ]);
    expect(chaptersOfText("")).toEqual([]);
  });

  test.each([
    ["Begin\n1:00 B", "Line 1 does not begin with a time such as 1:30."],
    ["0:00 A\n0:00 B", "Line 2 has to begin later than the line before it."],
    ["0:00", "Line 1 has no title behind its time."],
    [`0:00 ${"x".repeat(201)}`, "Line 1 is too long."],
    [
      Array.from({ length: 201 }, (_, at) => `${at} x`).join("\n"),
      "There are more than 200 chapters.",
    ],
  ])("%j is refused", (text, why) => expect(chaptersOfText(text)).toBe(why));
});
