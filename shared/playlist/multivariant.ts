import {
  type AcceptedSegment,
  type AudioRendition,
  segmentDurationTicks,
  segmentFrames,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../job/job.ts";
import { type BitRate, measureBitRate } from "./bit-rate.ts";
import { keyFrameStretches } from "./iframes.ts";
import {
  durationUnits,
  type PlaylistInput,
  type Published,
  published,
  unitsPerSecond,
} from "./input.ts";
import { SURROUND_GROUP } from "./names.ts";
import { uniqueNames } from "./subtitles.ts";
import { attributeList, PLAYLIST_VERSION, playlistText, quoted } from "./tags.ts";

const AUDIO_GROUP = "audio";

/** Share of a rendition's bits in its key frames, with one every 2 s; peak and average, measured on clips. */
const KEY_FRAME_SHARE = { peak: 0.45, average: 0.25 };

/**
 * The peak rate that is declared for a rendition before it is measured, as a multiple of its planned rate. A run of
 * busy segments is planned with 1.25 (`RATE_SHARE.most`). On top of that, x264 may fill a decoder buffer of three
 * seconds: in theory this makes a peak of 1.7 with segments of 6 s; pure noise reached 1.5. So the measured peak is
 * within 25 % of the declared one, up or down. Audio keeps its rate; its 5 % are for the boxes around it.
 */
const DECLARED_SHARE = { video: 1.5, audio: 1.05 };

/**
 * `master.m3u8` (RFC 8216, 4.3.4), or `podcast.m3u8`. Bit rates are measured from the accepted segments. Until the job
 * has ended, BANDWIDTH is at least the bound that follows from the plan: players load this playlist only once, and the
 * stream may exceed BANDWIDTH by 25 % at most (Apple's authoring specification).
 * @param withAudioOnly where there is audio, adds a last variant with the audio alone
 */
export function renderMultivariant(input: PlaylistInput, withAudioOnly = false): string {
  const now = published(input);
  const groups = audioGroups(input, now);
  const [usual] = groups;

  const lines = ["#EXTM3U", `#EXT-X-VERSION:${PLAYLIST_VERSION}`, "#EXT-X-INDEPENDENT-SEGMENTS"];
  for (const { id, renditions } of groups) {
    const names = uniqueNames(renditions.map(({ name }) => name));
    const chosen = renditions.find(({ isDefault }) => isDefault)?.track ?? renditions[0]?.track;
    renditions.forEach((rendition, index) => {
      const name = names[index] ?? rendition.name;
      lines.push(audioMedia(id, rendition, name, rendition.track === chosen));
    });
  }

  const frameRate = highestFrameRate(input).toFixed(3);
  const made = input.video.map((rendition) => {
    const { peak, average } = bitRate(rendition, now);
    return { rendition, peak, average, codecs: codecs(rendition, now) };
  });
  for (const group of groups.length === 0 ? [null] : groups) {
    const variants = made.map(({ peak, average, ...one }) => ({
      ...one,
      peak: peak + (group?.peak ?? 0),
      average: average + (group?.average ?? 0),
    }));
    for (const { rendition, peak, average, codecs } of inStartOrder(variants)) {
      const attributes = attributeList({
        BANDWIDTH: peak,
        "AVERAGE-BANDWIDTH": average,
        CODECS: quoted([...new Set([...codecs, ...(group?.codecs ?? [])])].join(",")),
        RESOLUTION: `${rendition.width}x${rendition.height}`,
        "FRAME-RATE": frameRate,
        "VIDEO-RANGE": "SDR",
        AUDIO: group === null ? undefined : quoted(group.id),
        "CLOSED-CAPTIONS": "NONE",
      });
      lines.push(`#EXT-X-STREAM-INF:${attributes}`, `${rendition.id}/playlist.m3u8`);
    }
  }
  const defaultId = (input.audio.find(({ isDefault }) => isDefault) ?? input.audio[0])?.id;
  if (withAudioOnly && usual !== undefined && defaultId !== undefined) {
    const attributes = attributeList({
      BANDWIDTH: usual.peak,
      "AVERAGE-BANDWIDTH": usual.average,
      CODECS: quoted([...new Set(usual.codecs)].join(",")),
      AUDIO: quoted(usual.id),
      "CLOSED-CAPTIONS": "NONE",
    });
    lines.push(`#EXT-X-STREAM-INF:${attributes}`, `${defaultId}/playlist.m3u8`);
  }
  for (const { rendition, codecs } of inStartOrder(made)) {
    const rate = keyFrameRate(rendition, now);
    const attributes = attributeList({
      BANDWIDTH: rate.peak,
      "AVERAGE-BANDWIDTH": rate.average,
      CODECS: quoted(codecs.join(",")),
      RESOLUTION: `${rendition.width}x${rendition.height}`,
      "VIDEO-RANGE": "SDR",
      URI: quoted(`${rendition.id}/iframes.m3u8`),
    });
    lines.push(`#EXT-X-I-FRAME-STREAM-INF:${attributes}`);
  }
  return playlistText(lines);
}

interface AudioGroup extends BitRate {
  id: string;
  renditions: AudioRendition[];
  codecs: string[];
}

/** The audio groups; none without audio. A variant's rates include its largest audio rendition (RFC 8216, 4.3.4.2). */
function audioGroups({ audio }: PlaylistInput, now: Published): AudioGroup[] {
  const plain = audio.filter(({ channels }) => channels <= 2);
  const surround = audio.filter(({ channels }) => channels > 2);
  const group = (id: string, renditions: AudioRendition[]): AudioGroup => {
    const rates = renditions.map((rendition) => bitRate(rendition, now));
    return {
      ...{ id, renditions },
      peak: Math.max(0, ...rates.map(({ peak }) => peak)),
      average: Math.max(0, ...rates.map(({ average }) => average)),
      codecs: renditions.flatMap((rendition) => codecs(rendition, now)),
    };
  };
  if (plain.length === 0) return [];
  if (surround.length === 0) return [group(AUDIO_GROUP, plain)];
  const best = plain.map((one) => surround.find(({ track }) => track === one.track) ?? one);
  return [group(AUDIO_GROUP, plain), group(SURROUND_GROUP, best)];
}

function audioMedia(
  group: string,
  rendition: AudioRendition,
  name: string,
  isDefault: boolean,
): string {
  const attributes = attributeList({
    TYPE: "AUDIO",
    "GROUP-ID": quoted(group),
    NAME: quoted(name),
    LANGUAGE: quoted(rendition.language),
    DEFAULT: isDefault ? "YES" : "NO",
    AUTOSELECT: "YES",
    CHANNELS: quoted(String(rendition.channels)),
    URI: quoted(`${rendition.id}/playlist.m3u8`),
  });
  return `#EXT-X-MEDIA:${attributes}`;
}

/**
 * Sorts the variants. Players begin with the first one, which Apple's authoring specification (9.15) wants at about
 * 2,000 kbit/s. The others follow from the highest to the lowest.
 */
function inStartOrder<T extends { peak: number }>(variants: readonly T[]): T[] {
  const distance = ({ peak }: T) => Math.abs(Math.log(Math.max(1, peak) / 2_000_000));
  const sorted = [...variants].sort((a, b) => b.peak - a.peak);
  const first = sorted.reduce<T | undefined>(
    (best, each) => (best === undefined || distance(each) < distance(best) ? each : best),
    undefined,
  );
  return first === undefined ? [] : [first, ...sorted.filter((each) => each !== first)];
}

/** Bit rate of a rendition, as measured. Until all segments are there, its peak is at least the planned bound. */
export function bitRate(rendition: VideoRendition | AudioRendition, now: Published): BitRate {
  const planned = rendition.bitsPerSecond;
  const list = now.byRendition.get(rendition.id) ?? [];
  const stretches = list.map((accepted) => ({
    seconds: durationUnits(rendition, accepted) / unitsPerSecond(rendition),
    sizeBytes: accepted.sizeBytes,
  }));
  const bound = planned * DECLARED_SHARE[rendition.kind];
  return settle(
    measureBitRate(stretches, now.targetSeconds),
    { peak: bound, average: planned },
    now,
  );
}

function keyFrameRate(rendition: VideoRendition, now: Published): BitRate {
  const list = now.byRendition.get(rendition.id) ?? [];
  const planned = {
    peak: rendition.bitsPerSecond * KEY_FRAME_SHARE.peak,
    average: rendition.bitsPerSecond * KEY_FRAME_SHARE.average,
  };
  return settle(measureBitRate(keyFrameStretches(list), now.targetSeconds), planned, now);
}

/** The measured rate. Until all segments are there, its peak is at least the planned one. */
function settle(measured: BitRate | null, planned: BitRate, now: Published): BitRate {
  if (measured !== null && now.complete) return measured;
  const peak = Math.ceil(Math.max(planned.peak, measured?.peak ?? 0));
  return { peak, average: measured?.average ?? Math.ceil(planned.average) };
}

/** RFC 6381 strings of the codecs, from the init segments; as planned until there is one. */
export function codecs(rendition: VideoRendition | AudioRendition, now: Published): string[] {
  const said = (now.byRendition.get(rendition.id) ?? []).map(({ codec }: AcceptedSegment) => codec);
  if (said.length > 0) return [...new Set(said)];
  if (rendition.kind === "audio") return ["mp4a.40.2"];
  // RFC 6381, 3.3: profile_idc of High, no constraint flags, level_idc, in hexadecimal.
  return [`avc1.6400${rendition.level.toString(16).padStart(2, "0")}`];
}

/**
 * FRAME-RATE is the highest frame rate of a variant (RFC 8216, 4.3.4.2). It is computed as the highest average of any
 * segment. Single frames would mislead: with times that a container rounded to milliseconds, 30 frames per second look
 * like 30.3. An average that differs from a whole or NTSC rate by no more than such rounding becomes that rate.
 */
export function highestFrameRate(input: PlaylistInput): number {
  const highest = input.segments.reduce((most, segment) => {
    const seconds = segmentDurationTicks(segment) / TICKS_PER_SECOND;
    return Math.max(most, segmentFrames(segment) / seconds);
  }, 0);
  const whole = Math.round(highest);
  const usual = [whole, (whole * 1000) / 1001].find(
    (rate) => Math.abs(highest / rate - 1) < FRAME_RATE_ROUNDING,
  );
  return usual ?? highest;
}

/** Relative difference: a millisecond in two seconds, or half the distance between 24 and 23.976. */
const FRAME_RATE_ROUNDING = 0.0005;
