import { z } from "zod";

/**
 * Codes of notices: parts of a source that are left out, guessed or changed. Codes are added, never
 * renamed; programs match on the code and never on a message's text.
 */
export const NOTICE_CODES = [
  /** The file breaks off: its end is missing. */
  "FILE_INCOMPLETE",
  /** Sound before the first picture is left out. */
  "SOUND_LEFT_OUT",
  /** The file has subtitles that are not carried over: pictures, or text in a format that is not read. */
  "SUBTITLES_LEFT_OUT",
  /** Captions inside the pictures (CEA-608, CEA-708) are not carried over. */
  "CAPTIONS_INSIDE_LEFT_OUT",
  /** The file has further video or audio tracks, which are not carried over. */
  "TRACKS_LEFT_OUT",
  /** Frames at the start depend on frames that are not in the file. */
  "FRAMES_UNDECODABLE",
  /** Several frames have the same time. They are shown right after one another. */
  "FRAMES_MOVED",
  /** Not all frames of a source with more than 60 a second are kept. */
  "FRAMES_LEFT_OUT",
  /** The last frame is held until the sound ends. */
  "LAST_FRAME_HELD",
  /** Some frames had times that cannot be right. */
  "TIMES_REPAIRED",
  /** The file's clock jumps. What follows the jump is shown right after what precedes it. */
  "CLOCK_JUMPS",
  /** Two recordings overlap at a joint. */
  "RECORDINGS_OVERLAP",
  /** The file has audio only. Its cover picture, or a card that is made for it, is shown as the video. */
  "PICTURE_ADDED",
  /** The whole video was converted once before the tasks were made. */
  "PICTURE_CONVERTED",
  /** The ladder that was asked for gives a rung more bits than the source is worth. */
  "LADDER_WASTES_BITS",
  /** The source's audio is kept as it is, at another rate than was asked for. */
  "AUDIO_KEPT",
  /** The audio is made louder or quieter, as was asked for. */
  "LOUDNESS_CHANGED",
  /** The loudness was to be changed, but the audio is silent or already right. */
  "LOUDNESS_KEPT",
  /** The browser's own encoder could not take part; ffmpeg makes the pictures. */
  "ENCODER_LEFT_OUT",
  /** The browser's own codecs failed at some chunks. ffmpeg makes those. */
  "BROWSER_CODECS_FAILED",
  /** HDR becomes SDR. */
  "TONE_MAPPED",
  /** Samples of more than 8 bits become 8-bit ones. */
  "DEPTH_REDUCED",
  /** Damaged frames were concealed by the decoder. */
  "PICTURES_REPAIRED",
  /** Damaged sound is missing. */
  "SOUND_MISSING",
  /** The job goes on with another copy of the same video. */
  "FILE_COPY",
  /** Some parts are too large for helpers. */
  "PARTS_NOT_SHARED",
  /** The site's servers could not be reached. */
  "SERVERS_UNREACHABLE",
  /** A link for helpers was closed for wrong results. */
  "LINK_CLOSED",
  /** Helpers made parts that no trusted holder has verified. */
  "PARTS_UNVERIFIED",
  /** A helper that made parts of a finished video was caught at wrong parts of another one afterwards. */
  "PARTS_DOUBTED",
  /** Subtitles of the source that were to be carried over could not be read or saved. */
  "CAPTIONS_NOT_SAVED",
  /** Styling of captions that is left out. */
  "CAPTION_STYLES_LEFT_OUT",
  /** Captions without text, or with invalid times. */
  "CAPTION_CUES_LEFT_OUT",
  /** Captions that exceeded the longest text that is kept were cut. */
  "CAPTION_CUES_CUT",
  /** Captions after the video's end are never shown. */
  "CAPTION_CUES_AFTER_END",
  /** A captions file does not state its character encoding. It was guessed. */
  "CAPTION_ENCODING_GUESSED",
  /** The video's poster or storyboard could not be made or kept. */
  "PICTURES_NOT_MADE",
  /** There were more notices than a job keeps. */
  "MORE_NOTICES",
  /** Anything else, from a build that gave no code. */
  "OTHER",
] as const;

export const noticeSchema = z.object({
  code: z.enum(NOTICE_CODES),
  /** A plain sentence. */
  message: z.string().max(500),
  /** Where it begins, in seconds from the first frame that is shown; null where it concerns the whole video. */
  atSeconds: z.number().nullable(),
});
export type Notice = z.infer<typeof noticeSchema>;
export type NoticeCode = Notice["code"];

/** @param atSeconds where it begins, from the first frame that is shown; null: the whole video */
export function notice(code: NoticeCode, message: string, atSeconds: number | null = null): Notice {
  return { code, message, atSeconds };
}

/** All notices of a source. Warnings of older builds, which had no codes, become notices with the code OTHER. */
export function noticesOf(source: { warnings: readonly string[]; notices: Notice[] }): Notice[] {
  return withNotices(source.notices, uncoded(source.warnings));
}

/** Codes of what the owner chose, or of what changes only how long the owner waits. Viewers are not shown these. */
const FOR_OWNERS: readonly NoticeCode[] = [
  ...(["AUDIO_KEPT", "LOUDNESS_CHANGED", "LOUDNESS_KEPT", "PICTURE_ADDED"] as const),
  "BROWSER_CODECS_FAILED",
  "LADDER_WASTES_BITS",
];

/** The notices that concern viewers, too. */
export function forViewers({
  warnings = [],
  notices = [],
}: {
  warnings?: readonly string[];
  notices?: readonly Notice[] | undefined;
}): { warnings: string[]; notices: Notice[] } {
  const isForOwners = ({ code }: Notice) => FOR_OWNERS.includes(code);
  const hidden = new Set(notices.filter(isForOwners).map(({ message }) => message));
  return {
    warnings: warnings.filter((message) => !hidden.has(message)),
    notices: notices.filter((each) => !isForOwners(each)),
  };
}

/** The notices' texts, for people. */
export function messagesOf(notices: readonly Notice[]): string[] {
  return notices.map(({ message }) => message);
}

/** The most notices that a job keeps. */
const MOST_NOTICES = 20;
const MORE = notice("MORE_NOTICES", "There was more to tell than is listed here.");

/** Adds notices to those of a job. A message that is there already is not added again. */
export function withNotices(before: readonly Notice[], more: readonly Notice[]): Notice[] {
  const said = new Set(before.map(({ message }) => message));
  const all = [...before, ...more.filter(({ message }) => !said.has(message))];
  return all.length <= MOST_NOTICES ? all : [...all.slice(0, MOST_NOTICES - 1), MORE];
}

/** Notices for sentences without codes: each gets the code OTHER. */
export function uncoded(messages: readonly string[]): Notice[] {
  return messages.map((message) => notice("OTHER", message));
}
