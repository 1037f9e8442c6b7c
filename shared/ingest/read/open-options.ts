import type { FfmpegSource } from "../../ffmpeg-core.ts";
import type { Remuxer } from "../remux/remux-run.ts";

/** How a file is opened. */
export interface OpenSourceOptions {
  signal: AbortSignal;
  /** Progress, 0 to 1; called only when opening takes noticeable time (long indexes, remuxing). */
  onProgress?: (progress: number) => void;
  /** Loads ffmpeg; called only for sources that need it (FLV, AVI, MPEG-2, ...). */
  loadFfmpeg?: (signal: AbortSignal) => Promise<FfmpegSource>;
  /** Runs ffmpeg for such sources. */
  remux?: Remuxer;
  /** Makes the picture for a file with audio alone. Default: such files are refused. */
  makeCard?: CardMaker;
  /** A picture that the person chose for such a file, in place of the one in the file. Default: null. */
  picture?: Blob | null;
}

/** Texts and the cover from which the picture of a file with sound alone is made. */
export interface CardContent {
  fileName: string;
  /** From the file's tags; null where there is none. */
  title: string | null;
  artist: string | null;
  /** The person's picture, or one in the file, such as an album's cover. */
  cover: Blob | null;
}

/** The picture, as an mp4 with one H.264 frame of CARD_WIDTH x CARD_HEIGHT. */
export type CardMaker = (content: CardContent, signal: AbortSignal) => Promise<Blob>;

export const CARD_WIDTH = 1280;
export const CARD_HEIGHT = 720;
