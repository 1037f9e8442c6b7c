import { expect, test } from "vitest";
import type { AudioFacts } from "../../shared/job/job.ts";
import { audioKilobits } from "../../shared/plan/audio-choice.ts";
import { planAudio, validatePlan } from "../../shared/plan/plan.ts";
import { audioChoiceSchema } from "../../shared/wire/api.ts";
import { parseArguments } from "../../web/headless/arguments.ts";
import { factsOf, planOf } from "./sample-facts.ts";

const rates = (channels: number, kilobitsPerSecond?: number) =>
  planAudio({ audio: [factsOf({ channels })] }, { kilobitsPerSecond, surround: true }).map(
    ({ bitsPerSecond }) => bitsPerSecond,
  );

test("stereo has the rate that was chosen, mono half of it, and never less than the encoder is good at", () => {
  expect([rates(1), rates(2), rates(5)]).toEqual([[64_000], [128_000], [128_000]]);
  expect([rates(6), rates(6, 192)]).toEqual([
    [128_000, 384_000],
    [192_000, 384_000],
  ]);
  expect([rates(1, 192), rates(2, 192)]).toEqual([[96_000], [192_000]]);
  expect([rates(1, 64), rates(2, 64)]).toEqual([[64_000], [64_000]]);
});

test("a track in 5.1 is made in stereo, which is the default, and in 5.1 beside it", () => {
  const { audio } = planOf(factsOf({ channels: 6 }), { surround: true });
  expect(audio).toMatchObject([
    { id: "a0", channels: 2, isDefault: true },
    { id: "a0s", channels: 6, isDefault: false, name: audio[0]?.name },
  ]);
  const plan = planOf(factsOf({ channels: 6 }), { surround: true });
  expect(planOf(factsOf({ channels: 6 })).audio.map(({ id }) => id)).toEqual(["a0"]);
  expect(() => validatePlan(plan)).not.toThrow();
  const [stereo, surround] = plan.audio;
  if (stereo === undefined || surround === undefined) throw new Error("Two are needed.");
  const odd = { ...plan, audio: [stereo, { ...surround, channels: 4 }] };
  expect(() => validatePlan(odd)).toThrow("4 channels");
  const twice = { ...plan, audio: [stereo, { ...surround, channels: 2 }] };
  expect(() => validatePlan(twice)).toThrow("used twice");
  // For the variant for cellular connections, only the stereo track counts.
  const low = (channels: number) =>
    planOf(factsOf({ channels }), { kilobitsPerSecond: 64, surround: true }).video;
  expect(low(6).map(({ id }) => id)).toEqual(low(2).map(({ id }) => id));
});

const noticesAt = (audio: Partial<AudioFacts>, kilobitsPerSecond?: number) =>
  planOf(factsOf(audio), { kilobitsPerSecond }).source.notices.map(({ code }) => code);

test("a chosen rate comes with a word where the source's AAC may be copied at its own", () => {
  expect(noticesAt({ bitsPerSecond: 128_000 }, 192)).toEqual(["AUDIO_KEPT"]);
  expect(noticesAt({ bitsPerSecond: 300_000 }, 192)).toEqual([]);
  expect(noticesAt({ bitsPerSecond: 128_000 })).toEqual([]);
  expect(noticesAt({ bitsPerSecond: 128_000, codec: "opus" }, 192)).toEqual([]);
  expect(noticesAt({ bitsPerSecond: 128_000, channels: 6 }, 192)).toEqual([]);
  expect(noticesAt({ bitsPerSecond: 128_000, sampleRate: 96_000 }, 192)).toEqual([]);
  expect(noticesAt({ bitsPerSecond: 128_000, heard: [] }, 192)).toEqual([]);
  // Facts stored by a build that did not measure this.
  expect(noticesAt({}, 192)).toEqual([]);
});

test("less for the sound leaves room for the variant for cellular connections, more takes it away", () => {
  const smallest = (channels: number, kilobitsPerSecond?: number) =>
    planOf(factsOf({ channels }), { kilobitsPerSecond }).video.at(-1)?.id;
  expect([smallest(1), smallest(1, 192)]).toEqual(["v144", "v240"]);
  expect([smallest(2), smallest(2, 64)]).toEqual(["v240", "v144"]);
});

test("rates out of bounds are no rates, in an address, the command line and the API", () => {
  expect(["63", "64", "320", "321", "", "x", "128.5"].map(audioKilobits)).toEqual([
    ...[undefined, 64, 320],
    ...[undefined, undefined, undefined, undefined],
  ]);
  const given = parseArguments([import.meta.filename, "--audio-kbps", "192"]);
  expect(given).toMatchObject({ audioKbps: 192 });
  expect(() => parseArguments([import.meta.filename, "--audio-kbps", "30"])).toThrow(
    "--audio-kbps is a whole number from 64 to 320.",
  );
  expect(audioChoiceSchema.safeParse({ kilobitsPerSecond: 321 }).success).toBe(false);
});
