import { describe, expect, test } from "vitest";
import { planColour } from "../../shared/encode/colour.ts";

const SD = { transfer: "sdr", width: 854, height: 480 } as const;
const HD = { transfer: "sdr", width: 1920, height: 1080 } as const;

describe("colours of the renditions", () => {
  test("are the source's own where players show them as they are", () => {
    const decoded = { matrix: "bt470bg", primaries: "bt470bg", transfer: "smpte170m" };
    expect(planColour(decoded, HD)).toEqual({
      conversion: { kind: "keep" },
      output: decoded,
      tags: { matrix: 5, primaries: 5, transfer: 6 },
    });
  });

  test("are told by the size where the source does not say", () => {
    expect(planColour({}, SD).tags).toEqual({ matrix: 6, primaries: 6, transfer: 6 });
    expect(planColour({}, HD).tags).toEqual({ matrix: 1, primaries: 1, transfer: 1 });
    expect(planColour({}, { ...SD, width: 480, height: 854 }).tags.matrix).toBe(6);
    expect(planColour({ primaries: "film" }, HD).output.primaries).toBe("bt709");
  });

  test.each([
    ["the decoder says PQ, the container nothing", { transfer: "smpte2084" }, "sdr", "smpte2084"],
    [
      "the container says HLG, the decoder BT.709",
      { transfer: "bt709", matrix: "bt709" },
      "hlg",
      "arib-std-b67",
    ],
  ] as const)("are tone-mapped when %s", (_, decoded, transfer, expected) => {
    const plan = planColour(decoded, { ...HD, transfer });
    expect(plan.conversion).toMatchObject({
      kind: "tone-map",
      input: { transfer: expected, primaries: "bt2020", matrix: "bt2020nc" },
    });
    expect(plan.tags).toEqual({ matrix: 1, primaries: 1, transfer: 1 });
  });

  test("become BT.709 from anything else", () => {
    expect(
      planColour({ matrix: "bt2020nc", primaries: "bt2020", transfer: "bt2020-10" }, HD),
    ).toMatchObject({
      conversion: { kind: "gamut" },
      tags: { matrix: 1, primaries: 1, transfer: 1 },
    });
    expect(planColour({ pixelFormat: "gbrp", matrix: "gbr" }, HD).conversion.kind).toBe("matrix");
  });
});
