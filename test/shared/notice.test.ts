import { expect, test } from "vitest";
import { forViewers, notice, noticesOf, uncoded, withNotices } from "../../shared/job/notice.ts";

test("what is said already is not said again", () => {
  const before = [notice("SOUND_MISSING", "The sound is damaged.", 4)];
  const again = [notice("SOUND_MISSING", "The sound is damaged.", 4), notice("OTHER", "More.")];
  expect(withNotices(before, again)).toEqual([...before, notice("OTHER", "More.")]);
});

test("more than a job keeps is not left out in silence", () => {
  const many = uncoded(Array.from({ length: 30 }, (_, n) => `Place ${n}.`));
  const kept = withNotices([], many);
  expect(kept).toHaveLength(20);
  expect(kept.at(-1)?.code).toBe("MORE_NOTICES");
  expect(withNotices(kept, many)).toEqual(kept);
});

test("sentences without a code stand beside those that have one", () => {
  const notices = [notice("CLOCK_JUMPS", "The clock jumps.", 3)];
  expect(noticesOf({ warnings: ["The clock jumps.", "Odd."], notices })).toEqual([
    ...notices,
    notice("OTHER", "Odd."),
  ]);
});

test("what the owner chose is not told to viewers, nor its sentence without a code", () => {
  const notices = [
    notice("LOUDNESS_CHANGED", "It is made 5 dB louder."),
    notice("SOUND_MISSING", "The sound is damaged.", 4),
  ];
  const warnings = ["It is made 5 dB louder.", "The sound is damaged.", "Odd."];
  expect(forViewers({ warnings, notices })).toEqual({
    warnings: ["The sound is damaged.", "Odd."],
    notices: [notices[1]],
  });
  expect(forViewers({})).toEqual({ warnings: [], notices: [] });
});
