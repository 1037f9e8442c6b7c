import {
  everyNth,
  sheetSize,
  sheetsOf,
  tilePlace,
  tileSizeOf,
} from "../../shared/pictures/storyboard.ts";
import { MOST_SHEET_BYTES, MOST_TILES, type NewStoryboard } from "../../shared/wire/pictures.ts";
import { contextOf, jpegOfCanvas } from "./drawn-picture.ts";
import { eachKeyFrame, type VideoPictures, type VideoReader } from "./video-pictures.ts";

/** Makes the storyboard of a finished video. Sheets are drawn one after the other, so that only one is in memory. */
export async function makeStoryboard(
  reader: VideoReader,
  { renditions: [smallest], keyFrames }: VideoPictures,
): Promise<NewStoryboard | null> {
  const tiles = everyNth(keyFrames, MOST_TILES);
  const last = keyFrames.at(-1);
  if (smallest === undefined || last === undefined) return null;
  const size = tileSizeOf(smallest);
  const { tileWidth, tileHeight } = size;
  const sheets: string[] = [];
  for (const some of sheetsOf(tiles)) {
    const { width, height } = sheetSize(some.length, size);
    const context = contextOf(width, height);
    // Black shows where the last sheet has no tile.
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    await eachKeyFrame(reader, some, (frame, _, index) => {
      const { x, y } = tilePlace(index, size);
      context.drawImage(frame, x, y, tileWidth, tileHeight);
    });
    sheets.push(await base64Of(await jpegOfCanvas(context.canvas, MOST_SHEET_BYTES)));
  }
  return {
    ...size,
    startSeconds: tiles.map(({ startSeconds }) => startSeconds),
    endSeconds: last.endSeconds,
    sheets,
  };
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const letters: string[] = [];
  // In blocks, because each byte is an argument, and a call stack has room for some ten thousand.
  for (let at = 0; at < bytes.length; at += 8_192) {
    letters.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
  }
  return btoa(letters.join(""));
}
