import { z } from "zod";
import { SHEET_COLUMNS, SHEET_ROWS } from "../pictures/storyboard.ts";

/** The pictures that stand for a video: its poster, and its storyboard. */

/** Where a poster comes from: chosen by the program, a frame that a person chose, or a person's own picture. */
export const POSTER_SOURCES = ["automatic", "frame", "file"] as const;
export const posterSourceSchema = z.enum(POSTER_SOURCES);
export type PosterSource = z.infer<typeof posterSourceSchema>;

export const MOST_POSTER_BYTES = 1024 * 1024;
/** The most pixels of either side of a poster. */
export const MOST_POSTER_SIDE = 4096;
/** The fewest pixels of either side of a poster. */
export const LEAST_POSTER_SIDE = 16;

export const posterSchema = z.object({
  /** Path on this site: `/v/<id>/poster.jpg`. */
  path: z.string(),
  width: z.int(),
  height: z.int(),
  source: posterSourceSchema,
  savedAtMs: z.number(),
});
export type Poster = z.infer<typeof posterSchema>;

/** The pictures in an answer about a video. Absent or null: there is none (yet). */
export const picturesSchema = z.object({
  poster: posterSchema.nullable().optional(),
  /** Path on this site: `/v/<id>/storyboard.vtt`, WebVTT whose cues name parts of pictures. */
  storyboardPath: z.string().nullable().optional(),
});
export type Pictures = z.infer<typeof picturesSchema>;

/** `PUT /api/videos/:id/poster?source=` */
export const posterQuerySchema = z.object({
  source: posterSourceSchema
    .default("file")
    .describe("`automatic` never replaces a poster that a person chose."),
});

/** The most tiles of a storyboard. */
export const MOST_TILES = 300;
/** The most pixels of either side of a tile. */
export const MOST_TILE_SIDE = 320;
/** The most bytes of a sheet. */
export const MOST_SHEET_BYTES = 512 * 1024;
const MOST_SHEETS = MOST_TILES / (SHEET_COLUMNS * SHEET_ROWS);

/** Size of a storyboard's tiles, in pixels. */
export const tileSizeSchema = z.object({
  tileWidth: z.int().min(2).max(MOST_TILE_SIDE),
  tileHeight: z.int().min(2).max(MOST_TILE_SIDE),
});

/** `PUT /api/videos/:id/storyboard` */
export const newStoryboardSchema = tileSizeSchema
  .extend({
    /** When each tile's picture begins to be shown, in seconds, ascending; the first at 0. */
    startSeconds: z.array(z.number().min(0).max(1_000_000)).min(1).max(MOST_TILES),
    /** When the last tile's picture ends, in seconds. */
    endSeconds: z.number().min(0).max(1_000_000),
    /** JPEGs in base64, each with five tiles a row and five rows, the last one with as many rows as it needs. */
    sheets: z
      .array(z.base64().max(Math.ceil((MOST_SHEET_BYTES * 4) / 3) + 4))
      .min(1)
      .max(MOST_SHEETS),
  })
  .refine(({ startSeconds, endSeconds }) => {
    const times = [...startSeconds, endSeconds];
    return startSeconds[0] === 0 && times.every((at, i) => i === 0 || at > (times[i - 1] ?? 0));
  }, "times begin at 0 and ascend")
  .meta({
    examples: [
      { tileWidth: 160, tileHeight: 90, startSeconds: [0, 4], endSeconds: 10, sheets: ["/9j/"] },
    ],
  });
export type NewStoryboard = z.infer<typeof newStoryboardSchema>;

/** The most bytes of a request with a whole storyboard. */
export const MOST_STORYBOARD_BYTES = MOST_SHEETS * (MOST_SHEET_BYTES * 1.34) + 64 * 1024;
