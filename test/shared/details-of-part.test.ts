import { expect, test } from "vitest";
import { detailsOfPart } from "../../shared/wire/details.ts";

const CHAPTERS = [0, 60, 120.5, 300].map((startSeconds) => ({
  startSeconds,
  title: `From ${startSeconds}`,
}));

test("chapters of a source become those of the part that is made", () => {
  const shifted = (startSeconds: number, endSeconds?: number) => {
    const trim = { startSeconds, ...(endSeconds && { endSeconds }) };
    return detailsOfPart({ chapters: CHAPTERS }, trim).chapters?.map((each) => [
      each.startSeconds,
      each.title,
    ]);
  };
  expect(shifted(90, 130)).toEqual([
    [0, "From 60"],
    [30.5, "From 120.5"],
  ]);
  expect(shifted(60)).toEqual([
    [0, "From 60"],
    [60.5, "From 120.5"],
    [240, "From 300"],
  ]);
  expect(shifted(400)).toEqual([[0, "From 300"]]);
  const plain = { title: "None", chapters: CHAPTERS };
  expect(detailsOfPart(plain, undefined)).toBe(plain);
});
