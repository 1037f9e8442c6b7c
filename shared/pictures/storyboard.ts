import { writeWebvtt } from "../captions/webvtt.ts";

/** Storyboards: small pictures of a whole video on a few sheets, and a WebVTT file that maps times to pictures. */

export const SHEET_COLUMNS = 5;
export const SHEET_ROWS = 5;
const SHEET_TILES = SHEET_COLUMNS * SHEET_ROWS;

/** Pixels of a tile's longer side. */
const TILE_SIDE = 160;

/** Sizes of the tiles in pixels, when each begins to be shown, and the end of the last one. */
export interface StoryboardLayout {
  tileWidth: number;
  tileHeight: number;
  startSeconds: readonly number[];
  endSeconds: number;
}

/** The size of a tile: the aspect ratio of the video, with both sides even and the longer one about `TILE_SIDE`. */
export function tileSizeOf({ width, height }: { width: number; height: number }): {
  tileWidth: number;
  tileHeight: number;
} {
  const scale = TILE_SIDE / Math.max(width, height);
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { tileWidth: even(width), tileHeight: even(height) };
}

/** Every n-th item, starting with the first, with the smallest n that leaves at most `most` items. */
export function everyNth<T>(items: readonly T[], most: number): T[] {
  const step = Math.ceil(items.length / most);
  return items.filter((_, index) => index % step === 0);
}

/** Divides the tiles into sheets, in order. */
export function sheetsOf<T>(tiles: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(tiles.length / SHEET_TILES) }, (_, sheet) =>
    tiles.slice(sheet * SHEET_TILES, (sheet + 1) * SHEET_TILES),
  );
}

/** Pixels of a sheet with this many tiles. */
export function sheetSize(
  tiles: number,
  { tileWidth, tileHeight }: Pick<StoryboardLayout, "tileWidth" | "tileHeight">,
): { width: number; height: number } {
  const rows = Math.ceil(tiles / SHEET_COLUMNS);
  return { width: SHEET_COLUMNS * tileWidth, height: rows * tileHeight };
}

/** The position of a tile on its sheet, in pixels. */
export function tilePlace(
  index: number,
  { tileWidth, tileHeight }: Pick<StoryboardLayout, "tileWidth" | "tileHeight">,
): { x: number; y: number } {
  const within = index % SHEET_TILES;
  const row = Math.floor(within / SHEET_COLUMNS);
  return { x: (within % SHEET_COLUMNS) * tileWidth, y: row * tileHeight };
}

/**
 * WebVTT whose cues are addresses of sheets, each with a media fragment for its tile, as players use it for thumbnails.
 * @param sheetName address of a sheet, relative to that of the WebVTT file
 */
export function renderStoryboard(
  layout: StoryboardLayout,
  sheetName: (sheet: number) => string,
): string {
  const { tileWidth, tileHeight, startSeconds, endSeconds } = layout;
  const milliseconds = (seconds: number) => Math.round(1000 * seconds);
  return writeWebvtt(
    startSeconds.map((start, index) => {
      const { x, y } = tilePlace(index, layout);
      const name = sheetName(Math.floor(index / SHEET_TILES));
      return {
        startMs: milliseconds(start),
        endMs: milliseconds(startSeconds[index + 1] ?? endSeconds),
        text: `${name}#xywh=${x},${y},${tileWidth},${tileHeight}`,
        settings: "",
      };
    }),
  );
}
