/**
 * Where decoded sound lies against what was encoded. Nothing in WebCodecs tells an encoder's delay: it
 * is 1,024 samples with one encoder, 2,112 or 1,600 with another, and a matter of the system, not of
 * the browser. So it is measured, and what was made by that measure is looked at before it counts.
 */

/** Compared at one place. */
const WINDOW_SAMPLES = 2_048;

/** Longest delay that is looked for; known ones are below 3,000 samples. */
const LONGEST_DELAY_SAMPLES = 8_192;
/** Of the signal's energy, what coding may have changed of the measuring signal. */
const MOST_MEASURING_NOISE = 0.25;

/** How far a displacement is looked for: more than a wrong guess between any two known delays. */
const REACH_SAMPLES = 2_200;
/** Places along a run, each where it is loudest in its part of it. */
const PLACES = 8;
/** Of the loudest place's energy, what another one has at least. */
const LOUD_SHARE = 0.03;
/** A place fits as well where it is as elsewhere: a tone repeats itself, and coding leaves noise. */
const AS_GOOD = 1.25;
/** RMS below which coding noise is all there may be (full scale is 1). */
const QUIET_RMS = 0.003;
/** Looked at one after the other, all of them: lost, foreign and exchanged frames show here. */
const BLOCK_SAMPLES = 8_192;
/** Of a block's energy, what may differ: silence in its place would be 1, anything else about 2. */
const MOST_BLOCK_NOISE = 0.9;
/** Coding spreads the noise of what is loud over two frames: so far around it, and so much of it. */
const SPREAD_SAMPLES = 2_048;
const MOST_SPREAD_NOISE = 0.2;
/** And of the whole run's: a signal 3 dB above what differs. */
const MOST_NOISE = 0.5;

/** Lets high notes weigh as much as low ones: they tell small displacements. */
const PRE_EMPHASIS = 0.9;

/**
 * Noise below some 2 kHz, alike in all channels, interleaved, with silence after it: encoders code it
 * wave by wave, and it is like itself at no displacement.
 */
export function measuringSignal(channels: number): Float32Array<ArrayBuffer> {
  const loud = 32_768;
  const pcm = new Float32Array((loud + LONGEST_DELAY_SAMPLES) * channels);
  let seed = 1;
  let level = 0;
  for (let at = 0; at < loud; at += 1) {
    // The generator of Numerical Recipes.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    level = 0.8 * level + 0.2 * (seed / 2 ** 31 - 1);
    pcm.fill(level, at * channels, (at + 1) * channels);
  }
  return pcm;
}

/**
 * Samples by which `heard` is behind `given`, or null where it is not the same sound or not always
 * equally late. Both interleaved.
 */
export function findDelay(
  given: Float32Array,
  heard: Float32Array,
  channels: number,
): number | null {
  const source = channelOf(given, 0, channels);
  const result = channelOf(heard, 0, channels);
  const loud = source.length - LONGEST_DELAY_SAMPLES;
  let delaySamples: number | null = null;
  for (const share of [0.25, 0.5, 0.75]) {
    const from = Math.floor(loud * share);
    const window = source.subarray(from, from + WINDOW_SAMPLES);
    // Looked for once; the signal is like itself nowhere else.
    const least: number = delaySamples ?? 0;
    const most: number = delaySamples ?? LONGEST_DELAY_SAMPLES;
    const late = result.subarray(from + least, from + most + WINDOW_SAMPLES);
    const distances = distancesOf(window, late);
    const best = leastOf(distances);
    const distance = distances[best] ?? Number.POSITIVE_INFINITY;
    if (distance > MOST_MEASURING_NOISE * energyOf(window)) return null;
    delaySamples = least + best;
  }
  return delaySamples;
}

/**
 * What is wrong with `made`, decoded from AAC frames, against the samples `wanted` in their place, in
 * plain words; null when nothing is. Both interleaved, from the same sample on and of the same length.
 * Where both are silent, all is well.
 */
export function findDisplacement(
  wanted: Float32Array,
  made: Float32Array,
  channels: number,
): string | null {
  if (made.length !== wanted.length) return "There is not as much sound as was encoded.";
  const noise = noiseFault(wanted, made, channels);
  if (noise !== null) return noise;
  for (const place of loudPlaces(wanted, channels)) {
    const samples = displacementAt(wanted, made, channels, place);
    if (samples !== 0) return `The sound at sample ${place.from} is ${samples} samples off.`;
  }
  return null;
}

function noiseFault(wanted: Float32Array, made: Float32Array, channels: number): string | null {
  const quiet = QUIET_RMS ** 2;
  const block = BLOCK_SAMPLES * channels;
  const spread = SPREAD_SAMPLES * channels;
  let [signal, noise] = [0, 0];
  for (let from = 0; from < wanted.length; from += block) {
    const own = wanted.subarray(from, from + block);
    const distance = distanceOf(own, made.subarray(from, from + block));
    const around = wanted.subarray(Math.max(0, from - spread), from + block + spread);
    const energy = energyOf(own);
    signal += energy;
    noise += distance;
    const most = Math.max(
      energy * MOST_BLOCK_NOISE,
      energyOf(around) * MOST_SPREAD_NOISE,
      quiet * own.length,
    );
    if (distance > most) {
      return `The sound at sample ${from / channels} is not what was encoded.`;
    }
  }
  const isNoisy = noise > Math.max(signal * MOST_NOISE, quiet * wanted.length);
  return isNoisy ? "The sound is hardly what was encoded." : null;
}

interface Place {
  channel: number;
  from: number;
}

/** The loudest window in each part of the run, unless it is quiet as well, or beside the others. */
function loudPlaces(wanted: Float32Array, channels: number): Place[] {
  const windows = Math.floor(wanted.length / channels / WINDOW_SAMPLES);
  const loudest = new Map<number, Place & { energy: number }>();
  for (let window = 0; window < windows; window += 1) {
    const from = window * WINDOW_SAMPLES;
    const part = Math.floor((window * PLACES) / windows);
    for (let channel = 0; channel < channels; channel += 1) {
      let energy = 0;
      for (let at = from; at < from + WINDOW_SAMPLES; at += 1) {
        energy += (wanted[at * channels + channel] ?? 0) ** 2;
      }
      if (energy < QUIET_RMS ** 2 * WINDOW_SAMPLES) continue;
      if (energy > (loudest.get(part)?.energy ?? 0)) loudest.set(part, { channel, from, energy });
    }
  }
  const places = [...loudest.values()];
  const most = Math.max(0, ...places.map(({ energy }) => energy));
  return places.filter(({ energy }) => energy >= most * LOUD_SHARE);
}

/** Samples by which the sound at a place is late; 0 also where it could as well be in place. */
function displacementAt(
  wanted: Float32Array,
  made: Float32Array,
  channels: number,
  { channel, from }: Place,
): number {
  const total = wanted.length / channels;
  const first = Math.max(0, from - REACH_SAMPLES);
  const end = Math.min(total, from + WINDOW_SAMPLES + REACH_SAMPLES);
  const cut = (pcm: Float32Array, start: number, stop: number) =>
    emphasised(channelOf(pcm.subarray(start * channels, stop * channels), channel, channels));
  const window = cut(wanted, from, from + WINDOW_SAMPLES);
  const distances = distancesOf(window, cut(made, first, end));
  const best = leastOf(distances);
  const least = distances[best] ?? 0;
  // Nothing fits: hiss that is coded as hiss, with a quieter place near by.
  if (least > MOST_NOISE * energyOf(window)) return 0;
  const here = distances[from - first] ?? Number.POSITIVE_INFINITY;
  return here <= AS_GOOD * least ? 0 : best - (from - first);
}

/** Energy of the difference between a window and as many samples from each of `sound` on. */
function distancesOf(window: Float32Array, sound: Float32Array): Float64Array {
  const { length } = window;
  const own = energyOf(window);
  const distances = new Float64Array(Math.max(0, sound.length - length + 1));
  let energy = energyOf(sound.subarray(0, length));
  for (let lag = 0; lag < distances.length; lag += 1) {
    let product = 0;
    for (let at = 0; at < length; at += 1) {
      product += (window[at] as number) * (sound[lag + at] as number);
    }
    distances[lag] = Math.max(0, own + energy - 2 * product);
    energy += (sound[lag + length] ?? 0) ** 2 - (sound[lag] ?? 0) ** 2;
  }
  return distances;
}

function leastOf(values: Float64Array): number {
  let least = 0;
  for (let at = 1; at < values.length; at += 1) {
    if ((values[at] as number) < (values[least] as number)) least = at;
  }
  return least;
}

function energyOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

function distanceOf(one: Float32Array, other: Float32Array): number {
  let distance = 0;
  for (let at = 0; at < one.length; at += 1) {
    distance += ((one[at] as number) - (other[at] as number)) ** 2;
  }
  return distance;
}

function channelOf(pcm: Float32Array, channel: number, channels: number): Float32Array {
  return Float32Array.from(
    { length: Math.floor(pcm.length / channels) },
    (_, at) => pcm[at * channels + channel] ?? 0,
  );
}

function emphasised(samples: Float32Array): Float32Array {
  return samples.map((sample, at) => sample - PRE_EMPHASIS * (samples[at - 1] ?? 0));
}
