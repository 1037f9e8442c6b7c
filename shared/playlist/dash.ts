import { TributaryError } from "../job/errors.ts";
import {
  type AudioRendition,
  expandDurations,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../job/job.ts";
import {
  durationUnits,
  type PlaylistInput,
  type Published,
  published,
  unitsPerSecond,
} from "./input.ts";
import { bitRate, codecs, highestFrameRate } from "./multivariant.ts";
import { type SubtitleTrack, uniqueNames } from "./subtitles.ts";
import { objectUri } from "./tags.ts";

/**
 * `manifest.mpd` (ISO/IEC 23009-1, main profile) of a finished video. It is static, has one segment list for each
 * rendition, and names the same objects as the HLS playlists.
 *
 * @param tracks caption tracks; each is one file
 * @param folder folder of the objects, relative to the manifest; "" for the manifest's own
 * @throws TributaryError NOT_FOUND where the video is not finished, or where a rendition has more than one init
 * segment, for which DASH would need another period
 */
export function renderDash(
  input: PlaylistInput,
  tracks: readonly SubtitleTrack[] = [],
  folder = "",
): string {
  const now = published(input);
  if (!now.complete) throw missing("The video is not finished: a DASH manifest comes at its end.");
  const frameRate = rational(highestFrameRate(input));
  const video = input.video.map((rendition) => {
    const { width, height } = rendition;
    return representation(rendition, now, { width, height, frameRate, sar: "1:1" });
  });
  const sets = [
    element("AdaptationSet", { contentType: "video", mimeType: "video/mp4", ...ALIGNED }, video),
    ...input.audio.map((rendition) => {
      const { language: lang, sampleRate, channels, name, isDefault } = rendition;
      const layout = element("AudioChannelConfiguration", {
        schemeIdUri: "urn:mpeg:dash:23003:3:audio_channel_configuration:2011",
        value: channels,
      });
      return element(
        "AdaptationSet",
        { contentType: "audio", mimeType: "audio/mp4", lang, ...ALIGNED },
        [
          element("Role", {
            schemeIdUri: "urn:mpeg:dash:role:2011",
            value: isDefault ? "main" : "alternate",
          }),
          element("Label", {}, [escaped(name)]),
          representation(rendition, now, { audioSamplingRate: sampleRate }, [layout]),
        ],
      );
    }),
    ...textSets(tracks),
  ];
  const manifest = element(
    "MPD",
    {
      xmlns: "urn:mpeg:dash:schema:mpd:2011",
      profiles: "urn:mpeg:dash:profile:isoff-main:2011",
      type: "static",
      mediaPresentationDuration: `PT${presentationSeconds(input, now)}S`,
      minBufferTime: `PT${now.targetSeconds}S`,
    },
    [
      element("Period", { id: "0", start: "PT0S" }, [
        element("BaseURL", {}, [HERE + folder]),
        ...sets,
      ]),
    ],
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${manifest}\n`;
}

/** The most frames that are decoded ahead of their presentation time (`shared/cmaf/decode-clock.ts`). */
const MOST_AHEAD = 3;

/**
 * Seconds until the end of the longest track. Browser players cut off frames that end after this time. To them a frame
 * ends after its decode duration, and the last frame of a segment in decode order has a longer decode duration than it
 * is shown.
 */
function presentationSeconds(input: PlaylistInput, now: Published): number {
  const shown = expandDurations(input.segments.at(-1)?.durations ?? []).slice(-MOST_AHEAD);
  const aheadSeconds = shown.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
  const ends = [...input.video, ...input.audio].map((rendition) => {
    const list = now.byRendition.get(rendition.id) ?? [];
    const units = list.reduce((sum, accepted) => sum + durationUnits(rendition, accepted), 0);
    const endSeconds = units / unitsPerSecond(rendition);
    return rendition.kind === "video" ? endSeconds + aheadSeconds : endSeconds;
  });
  return Math.max(...ends);
}

/**
 * The manifest's own folder, written at great length. FFmpeg 5.1 allots memory for an object's address by the length of
 * this text and of the manifest's address. Ours are longer, because they have hashes.
 */
const HERE = "./".repeat(80);

/**
 * Caption tracks as WebVTT files beside the video (DASH-IF IOP, 6.4.4). No `codecs` attribute: the MIME type says it.
 */
function textSets(tracks: readonly SubtitleTrack[]): string[] {
  const names = uniqueNames(tracks.map(({ name }) => name));
  const defaultId = tracks.find(({ isDefault }) => isDefault)?.id;
  return tracks.map(({ id, language: lang, isForced }, index) => {
    const role = isForced ? "forced-subtitle" : "subtitle";
    const roles = id === defaultId ? ["main", role] : [role];
    return element("AdaptationSet", { contentType: "text", mimeType: "text/vtt", lang }, [
      ...roles.map((value) => element("Role", { schemeIdUri: "urn:mpeg:dash:role:2011", value })),
      element("Label", {}, [escaped(names[index] ?? id)]),
      element("Representation", { id, bandwidth: TEXT_BITS_PER_SECOND }, [
        element("BaseURL", {}, [`${id}/captions.vtt`]),
      ]),
    ]);
  });
}

/** An estimate for a few lines of text a second. Players require a figure. */
const TEXT_BITS_PER_SECOND = 1_000;

/** Each segment begins with an IDR, and all renditions are cut alike. */
const ALIGNED = { segmentAlignment: "true", startWithSAP: 1 };

type Attributes = Record<string, string | number>;

function representation(
  rendition: VideoRendition | AudioRendition,
  now: Published,
  attributes: Attributes,
  children: readonly string[] = [],
): string {
  const list = now.byRendition.get(rendition.id) ?? [];
  const [init, ...otherInits] = new Set(list.map(({ initKey }) => initKey));
  if (init === undefined || otherInits.length > 0) {
    throw missing("This video was made with several init segments: it has no DASH manifest.");
  }
  const uriOf = (key: string): string => `${rendition.id}/${objectUri(key)}`;
  const timescale = unitsPerSecond(rendition);
  let at = 0;
  const times = list.map((accepted) => {
    const duration = durationUnits(rendition, accepted);
    const time = element("S", { t: at, d: duration });
    at += duration;
    return time;
  });
  const segments = element("SegmentList", { timescale }, [
    element("Initialization", { sourceURL: uriOf(init) }),
    element("SegmentTimeline", {}, times),
    ...list.map(({ key }) => element("SegmentURL", { media: uriOf(key) })),
  ]);
  const said = {
    id: rendition.id,
    codecs: codecs(rendition, now).join(","),
    bandwidth: bitRate(rendition, now).peak,
  };
  return element("Representation", { ...said, ...attributes }, [...children, segments]);
}

/** A frame rate as DASH writes it: an integer or a fraction (5.3.7.2). */
function rational(rate: number): string {
  const whole = Math.round(rate);
  if (Math.abs(rate - whole) < 1e-6) return String(whole);
  const ntsc = Math.round(rate * 1.001);
  if (Math.abs(rate - (ntsc * 1000) / 1001) < 1e-6) return `${ntsc * 1000}/1001`;
  return `${Math.round(rate * 1000)}/1000`;
}

function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const start = [
    name,
    ...Object.entries(attributes).map(([key, value]) => {
      return `${key}="${escaped(String(value))}"`;
    }),
  ].join(" ");
  return children.length === 0 ? `<${start}/>` : `<${start}>${children.join("\n")}</${name}>`;
}

/** Text for XML: control characters removed (XML 1.0, 2.2), markup escaped (2.4). */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}

function missing(message: string): TributaryError {
  return new TributaryError("NOT_FOUND", message);
}
