import { z } from "zod";

/**
 * What is left out, guessed or changed of a source, as people and programs are told. Codes are added,
 * never renamed; nobody matches on a message's text.
 */
export const NOTICE_CODES = [
  /** The file breaks off: its end is missing. */
  "FILE_INCOMPLETE",
  /** Sound before the first picture is left out. */
  "SOUND_LEFT_OUT",
  /** Frames at the start build on pictures that are not in the file. */
  "FRAMES_UNDECODABLE",
  /** Frames with another one's time are shown right after it. */
  "FRAMES_MOVED",
  /** Of a source with more than 60 frames a second not all are kept. */
  "FRAMES_LEFT_OUT",
  /** The last frame is held until the sound ends. */
  "LAST_FRAME_HELD",
  /** The file's clock jumps; what follows is shown right after. */
  "CLOCK_JUMPS",
  /** Two recordings overlap at a joint. */
  "RECORDINGS_OVERLAP",
  /** The picture was converted once before the work. */
  "PICTURE_CONVERTED",
  /** The ladder that was asked for gives a rung more bits than the source is worth. */
  "LADDER_WASTES_BITS",
  /** Damaged pictures were repaired by guess. */
  "PICTURES_REPAIRED",
  /** Damaged sound is missing. */
  "SOUND_MISSING",
  /** Anything else, from a build that gave no code. */
  "OTHER",
] as const;

export const noticeSchema = z.object({
  code: z.enum(NOTICE_CODES),
  /** A plain sentence. */
  message: z.string().max(500),
  /** Where it begins, in seconds from the first frame that is shown; null where it concerns all. */
  atSeconds: z.number().nullable(),
});
export type Notice = z.infer<typeof noticeSchema>;
export type NoticeCode = Notice["code"];

export function notice(code: NoticeCode, message: string, atSeconds: number | null = null): Notice {
  return { code, message, atSeconds };
}

/** What people read of them. */
export function messagesOf(notices: readonly Notice[]): string[] {
  return notices.map(({ message }) => message);
}

/** Sentences that came without codes. */
export function uncoded(messages: readonly string[]): Notice[] {
  return messages.map((message) => notice("OTHER", message));
}
