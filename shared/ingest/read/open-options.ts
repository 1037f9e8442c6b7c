import type { FfmpegSource } from "../../ffmpeg-core.ts";
import type { Remuxer } from "../remux/remux-run.ts";

/** How a file is opened. */
export interface OpenSourceOptions {
  signal: AbortSignal;
  /** 0..1, only while opening takes noticeable time (long indexes, remuxing). */
  onProgress?: (progress: number) => void;
  /** Called only for sources that need ffmpeg (FLV, AVI, MPEG-2, ...). */
  loadFfmpeg?: (signal: AbortSignal) => Promise<FfmpegSource>;
  /** Where it runs then. */
  remux?: Remuxer;
  /** Called for files with sound alone; default: they are refused. */
  makeCard?: CardMaker;
  /** A person's picture for such a file, in place of what is in it. Default: null. */
  picture?: Blob | null;
}

/** Texts and the cover from which the picture of a file with sound alone is made. */
export interface CardContent {
  fileName: string;
  /** As its tags say; null where they do not. */
  title: string | null;
  artist: string | null;
  /** The person's picture, or one in the file, such as an album's cover. */
  cover: Blob | null;
}

/** The picture, as an mp4 with one H.264 frame of CARD_WIDTH x CARD_HEIGHT. */
export type CardMaker = (content: CardContent, signal: AbortSignal) => Promise<Blob>;

export const CARD_WIDTH = 1280;
export const CARD_HEIGHT = 720;
