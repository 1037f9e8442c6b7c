import type { AudioFacts, AudioRendition, SourceFacts } from "../job/job.ts";
import { languageName } from "../job/language.ts";
import {
  AUDIO_KILOBITS,
  type AudioChoice,
  LOUDNESS_TARGET,
  type LoudnessMeasure,
} from "./audio-choice.ts";

/** One rendition a track, the default one first. At most two channels. */
export function planAudio(
  facts: Pick<SourceFacts, "audio">,
  { kilobitsPerSecond: kilobits = AUDIO_KILOBITS.usual, loudness, measured = [] }: AudioChoice = {},
): AudioRendition[] {
  const tracks = [...facts.audio];
  const first = tracks.findIndex((track) => track.isDefault);
  const [chosen] = tracks.splice(Math.max(0, first), 1);
  if (chosen === undefined) return [];
  const names = new Set<string>();
  return [chosen, ...tracks].map((track, i) => {
    const channels = Math.min(2, track.channels);
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
      ...(loudness === true && levelled(measured.find((each) => each.track === track.track))),
    };
  });
}

/** Louder by more than this would be noise alone. */
const MOST_GAIN_DB = 30;
/** Nobody hears less. */
const LEAST_CHANGE_DB = 0.1;

/** Empty for silence, and where it is right as it is. */
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

/** 44.1 kHz for its family (11,025, 22,050, 88,200 ...), 48 kHz for all others: the smallest change of rate. */
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
