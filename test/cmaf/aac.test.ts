import { expect, test } from "vitest";
import { audioSpecificConfig, isPlainAacLc } from "../../shared/cmaf/aac.ts";
import { writeInit } from "../../shared/cmaf/init.ts";
import { readInit } from "../../shared/cmaf/read-init.ts";

const STEREO = { sampleRate: 48_000, channels: 2, language: "pt-BR" };

test("AAC-LC is told by its object type, rate and channels", () => {
  expect([...audioSpecificConfig(STEREO)]).toEqual([0x11, 0x90]);
  expect([...audioSpecificConfig({ sampleRate: 44_100, channels: 1 })]).toEqual([0x12, 0x08]);
  expect(() => audioSpecificConfig({ sampleRate: 44_000, channels: 2 })).toThrow(/44000/);
  const init = readInit(writeInit({ kind: "audio", ...STEREO }, STEREO.sampleRate));
  expect(init.config).toEqual(audioSpecificConfig(STEREO));
  expect(init.language).toBe("por");
});

test.each([
  ["AAC-LC", [0x11, 0x90], true],
  ["AAC-LC that says it has no SBR", [0x11, 0x90, 0x56, 0xe5, 0x00], true],
  ["AAC-LC with SBR behind it", [0x11, 0x90, 0x56, 0xe5, 0x98], false],
  ["HE-AAC", [0x2b, 0x11, 0x88, 0x00], false],
  ["another rate", [0x12, 0x10], false],
  ["one channel", [0x11, 0x88], false],
  ["frames of 960 samples", [0x11, 0x94], false],
  ["an ES_Descriptor", [0x03, 0x19, 0x00, 0x01, 0x00], false],
  ["nothing", [], false],
])("an encoder's word is taken when it says %s: %j %s", (_, bytes, isPlain) => {
  expect(isPlainAacLc(Uint8Array.from(bytes), STEREO)).toBe(isPlain);
});
