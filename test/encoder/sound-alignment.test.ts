import { describe, expect, test } from "vitest";
import {
  findDelay,
  findDisplacement,
  measuringSignal,
} from "../../web/encoder/engines/webcodecs/sound-alignment.ts";

const RATE = 48_000;
const CHANNELS = 2;

/** Equal on every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** What a codec with this delay gives back: late, with some noise, in whole frames. */
function throughCodec(
  pcm: Float32Array,
  delaySamples: number,
  noiseLevel: number,
  channels = CHANNELS,
): Float32Array {
  const random = noise(7);
  const samples = pcm.length / channels + delaySamples;
  const heard = new Float32Array(Math.ceil(samples / 1024) * 1024 * channels);
  heard.set(pcm, delaySamples * channels);
  return heard.map((sample) => sample + random() * noiseLevel);
}

/** Some seconds like music: a falling spectrum, other in each channel, now loud and now soft. */
function music(seconds: number, level = 0.3): Float32Array {
  const random = noise(3);
  const pcm = new Float32Array(Math.ceil((seconds * RATE) / 1024) * 1024 * CHANNELS);
  const low = [0, 0];
  for (let at = 0; at < pcm.length; at += 1) {
    const channel = at % CHANNELS;
    const white = random();
    low[channel] = 0.95 * (low[channel] ?? 0) + 0.3 * white;
    const swell = 0.2 + 0.8 * Math.sin((Math.PI * at) / CHANNELS / RATE) ** 2;
    pcm[at] = level * swell * ((low[channel] ?? 0) + 0.1 * white);
  }
  return pcm;
}

/** The same sound, later (or earlier) by some samples. */
function moved(pcm: Float32Array, bySamples: number): Float32Array {
  const result = new Float32Array(pcm.length);
  if (bySamples >= 0) result.set(pcm.subarray(0, pcm.length - bySamples * CHANNELS), bySamples * 2);
  else result.set(pcm.subarray(-bySamples * CHANNELS));
  return result;
}

const coded = (pcm: Float32Array, level = 0.02) => throughCodec(pcm, 0, level);

/** Three seconds of nothing, and what a transform codec lets be heard before it begins. */
function lateMusic(): { wanted: Float32Array; made: Float32Array } {
  const onset = 3 * RATE * CHANNELS;
  const wanted = music(4).fill(0, 0, onset);
  const made = coded(wanted).fill(0, 0, onset - 1_024 * CHANNELS);
  return { wanted, made };
}

describe("an encoder's delay", () => {
  test.each([0, 1_024, 1_600, 2_112, 2_048 + 577, 8_191])("of %i samples is found", (delay) => {
    for (const channels of [1, 2]) {
      const signal = measuringSignal(channels);
      expect(findDelay(signal, throughCodec(signal, delay, 0.05, channels), channels)).toBe(delay);
    }
  });

  test("is not guessed where other sound, none, or too little comes back", () => {
    const signal = measuringSignal(CHANNELS);
    expect(findDelay(signal, music(1), CHANNELS)).toBe(null);
    expect(findDelay(signal, new Float32Array(signal.length), CHANNELS)).toBe(null);
    expect(findDelay(signal, signal.subarray(0, 20_000), CHANNELS)).toBe(null);
    expect(findDelay(signal, new Float32Array(0), CHANNELS)).toBe(null);
    expect(findDelay(signal, throughCodec(signal, 9_000, 0.01), CHANNELS)).toBe(null);
  });

  test("that changes on the way is none", () => {
    const signal = measuringSignal(CHANNELS);
    const heard = throughCodec(signal, 1_024, 0.01);
    // A frame is lost in the middle.
    const lost = Float32Array.from([
      ...heard.subarray(0, 16_384 * CHANNELS),
      ...heard.subarray(17_408 * CHANNELS),
    ]);
    expect(findDelay(signal, lost, CHANNELS)).toBe(null);
  });
});

describe("encoded sound in its place", () => {
  test.each([
    ["loud", music(4)],
    ["soft", music(4, 0.01)],
    ["in one channel", music(4).map((sample, at) => (at % CHANNELS === 0 ? sample : 0))],
  ])("passes when it is %s", (_, wanted) => {
    const level = wanted.reduce((most, sample) => Math.max(most, sample), 0) * 0.05;
    expect(findDisplacement(wanted, coded(wanted, level), CHANNELS)).toBe(null);
  });

  test("passes when it sets in suddenly", () => {
    const { wanted, made } = lateMusic();
    expect(findDisplacement(wanted, made, CHANNELS)).toBe(null);
    expect(findDisplacement(wanted, moved(made, 1_024), CHANNELS)).not.toBe(null);
  });

  test("passes when it is a tone, which fits in many places", () => {
    const tone = Float32Array.from({ length: 200 * 1_024 * CHANNELS }, (__, at) => {
      return 0.4 * Math.sin((2 * Math.PI * 1_000 * Math.floor(at / CHANNELS)) / RATE);
    });
    expect(findDisplacement(tone, coded(tone), CHANNELS)).toBe(null);
    // Half a period is another place.
    expect(findDisplacement(tone, moved(coded(tone), 24), CHANNELS)).not.toBe(null);
  });

  test("passes when it is silence, and when it is hardly anything", () => {
    const silence = new Float32Array(100 * 1_024 * CHANNELS);
    expect(findDisplacement(silence, silence, CHANNELS)).toBe(null);
    expect(findDisplacement(silence, coded(silence, 0.001), CHANNELS)).toBe(null);
    expect(findDisplacement(silence, coded(silence, 0.1), CHANNELS)).not.toBe(null);
    expect(findDisplacement(new Float32Array(0), new Float32Array(0), CHANNELS)).toBe(null);
  });
});

describe("encoded sound out of its place", () => {
  test.each([1, -1, 7, 64, -64, 576, 1_024, -1_024, 1_088, 2_112, -2_112, 5_000])(
    "by %i samples is refused",
    (bySamples) => {
      const wanted = music(4);
      const fault = findDisplacement(wanted, moved(coded(wanted), bySamples), CHANNELS);
      expect(fault).not.toBe(null);
      if (Math.abs(bySamples) === 1) expect(fault).toContain(` ${bySamples} samples off`);
    },
  );

  test("is refused when a frame is missing, silent or foreign somewhere in it", () => {
    const wanted = music(6);
    const cut = coded(wanted);
    cut.set(cut.slice(96_000 * CHANNELS + 1_024 * CHANNELS), 96_000 * CHANNELS);
    expect(findDisplacement(wanted, cut, CHANNELS)).not.toBe(null);
    const silent = coded(wanted).fill(0, 96_000 * CHANNELS, 112_384 * CHANNELS);
    expect(findDisplacement(wanted, silent, CHANNELS)).not.toBe(null);
    const foreign = coded(wanted);
    foreign.set(music(1).subarray(0, 16_384 * CHANNELS), 96_000 * CHANNELS);
    expect(findDisplacement(wanted, foreign, CHANNELS)).not.toBe(null);
  });

  test("is refused when its channels are exchanged, its waves turned over or its end is missing", () => {
    const wanted = music(4);
    const made = coded(wanted);
    const exchanged = made.map((_, at) => made[at ^ 1] ?? 0);
    expect(findDisplacement(wanted, exchanged, CHANNELS)).not.toBe(null);
    const turned = made.map((sample) => -sample);
    expect(findDisplacement(wanted, turned, CHANNELS)).not.toBe(null);
    expect(findDisplacement(wanted, made.subarray(0, -2_048), CHANNELS)).not.toBe(null);
  });
});
