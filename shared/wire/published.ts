import { z } from "zod";

/** `GET /oembed?...` */
export const oembedQuerySchema = z.object({
  url: z.url().max(2000).describe("Of a watch page of this site."),
  format: z.enum(["json", "xml"]).default("json").describe("Default: json."),
  maxwidth: z.coerce.number().int().min(1).max(10_000).optional().describe("In CSS pixels."),
  maxheight: z.coerce.number().int().min(1).max(10_000).optional().describe("In CSS pixels."),
});

/** oEmbed 1.0, type `video`. */
export const oembedSchema = z.object({
  version: z.literal("1.0"),
  type: z.literal("video"),
  title: z.string(),
  provider_name: z.string(),
  provider_url: z.string(),
  /** Seconds. */
  cache_age: z.int(),
  /** Seconds. Not part of the standard, but YouTube and Vimeo have it. */
  duration: z.int(),
  /** HTML of an iframe. */
  html: z.string(),
  width: z.int(),
  height: z.int(),
  thumbnail_url: z.string().optional(),
  thumbnail_width: z.int().optional(),
  thumbnail_height: z.int().optional(),
});
export type OEmbed = z.infer<typeof oembedSchema>;
