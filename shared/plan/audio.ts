import type { AudioFacts, AudioRendition, SourceFacts } from "../job/job.ts";
import { languageName } from "../job/language.ts";
import {
  AUDIO_KILOBITS,
  type AudioChoice,
  LOUDNESS_TARGET,
  type LoudnessMeasure,
  SURROUND_CHANNELS,
} from "./audio-choice.ts";

/** Rate of 5.1, in bits a second. */
const SURROUND_BITS_PER_SECOND = 384_000;
/**
 * Plans the audio renditions: one for each track in stereo or mono, the default track first. After them, where
 * `surround` is chosen, one more in 5.1 for each track that has it.
 */
export function planAudio(
  facts: Pick<SourceFacts, "audio">,
  choice: AudioChoice = {},
): AudioRendition[] {
  const { kilobitsPerSecond: kilobits = AUDIO_KILOBITS.usual } = choice;
  const { loudness, measured = [] } = choice;
  const tracks = [...facts.audio];
  const first = tracks.findIndex((track) => track.isDefault);
  const [chosen] = tracks.splice(Math.max(0, first), 1);
  if (chosen === undefined) return [];
  const names = new Set<string>();
  const measureOf = (track: number, channels: number) =>
    measured.find((each) => each.track === track && each.channels === channels);
  const plain = [chosen, ...tracks].map((track, i): AudioRendition => {
    const channels = track.channels === 1 ? 1 : 2;
    return {
      id: `a${track.track}`,
      kind: "audio",
      track: track.track,
      sampleRate: outputSampleRate(track.sampleRate),
      channels,
      bitsPerSecond: 1000 * (channels === 1 ? monoKilobits(kilobits) : kilobits),
      language: track.language,
      name: uniqueName(track, names),
      // RFC 8216, 4.3.4.1.1: no more than one member of a group is DEFAULT.
      isDefault: i === 0,
      ...(loudness === true && levelled(measureOf(track.track, channels))),
    };
  });
  if (choice.surround !== true) return plain;
  const surround = plain.flatMap(({ loudness: _, ...stereo }): AudioRendition[] => {
    const { track } = stereo;
    const facts = [chosen, ...tracks].find((each) => each.track === track);
    if (facts?.channels !== SURROUND_CHANNELS || facts.mixedFormats === true) return [];
    return [
      {
        ...{ ...stereo, id: `${stereo.id}s`, channels: SURROUND_CHANNELS, isDefault: false },
        bitsPerSecond: SURROUND_BITS_PER_SECOND,
        ...(loudness === true && levelled(measureOf(track, SURROUND_CHANNELS))),
      },
    ];
  });
  return [...plain, ...surround];
}

/** A track that would need more gain is mostly noise, and gets this much. */
const MOST_GAIN_DB = 30;
/** A smaller change cannot be heard, and is not made. */
const LEAST_CHANGE_DB = 0.1;

/** A rendition's change of loudness; empty for silence, and for tracks that are right as they are. */
function levelled(measure: LoudnessMeasure | undefined): Pick<AudioRendition, "loudness"> {
  const { lufs = null, peakDbtp = null } = measure ?? {};
  if (lufs === null || peakDbtp === null) return {};
  const gainDb = Math.min(MOST_GAIN_DB, LOUDNESS_TARGET.lufs - lufs);
  const isRight = Math.abs(gainDb) < LEAST_CHANGE_DB && peakDbtp <= LOUDNESS_TARGET.peakDbtp;
  if (isRight) return {};
  // Rounded here, once: every engine multiplies by the same number.
  return { loudness: { gain: Math.round(1e6 * 10 ** (gainDb / 20)) / 1e6, lufs, peakDbtp } };
}

function monoKilobits(stereo: number): number {
  return Math.max(AUDIO_KILOBITS.least, Math.round(stereo / 2));
}

/** 44.1 kHz for its family (11,025, 22,050, 88,200 ...), 48 kHz for all others: the simplest resampling. */
export function outputSampleRate(sampleRate: number): number {
  return sampleRate % 11_025 === 0 ? 44_100 : 48_000;
}

/** NAMEs must differ within a group (RFC 8216, 4.3.4.1.1). */
function uniqueName(track: AudioFacts, taken: Set<string>): string {
  const wanted =
    track.title?.trim() || (languageName(track.language) ?? `Audio ${track.track + 1}`);
  let name = wanted.slice(0, 190);
  for (let n = 2; taken.has(name); n++) name = `${wanted.slice(0, 190)} (${n})`;
  taken.add(name);
  return name;
}
