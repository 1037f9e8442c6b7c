import { z } from "zod";

/** Which part of a source is made into a video. */

const ticks = z
  .int()
  .min(0)
  .max(2 ** 52);

/** The part of a source that was made, in ticks from its first visible frame. `startTicks` is the video's time 0. */
export const trimSchema = z.object({
  startTicks: ticks,
  /** The end of the last frame. */
  endTicks: ticks,
  /** Duration of the whole source, before it is cut. */
  sourceDurationTicks: ticks,
});
export type Trim = z.infer<typeof trimSchema>;

/** The part of a source that somebody asks for, in seconds from its first visible frame. */
export const trimRequestSchema = z.object({
  /** Default: 0. */
  startSeconds: z.number().min(0).max(1e7).optional(),
  /** Default: the source's end. */
  endSeconds: z.number().min(0).max(1e7).optional(),
});
export type TrimRequest = z.infer<typeof trimRequestSchema>;
