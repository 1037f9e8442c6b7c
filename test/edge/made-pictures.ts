import { createExecutionContext, env } from "cloudflare:test";
import { expect } from "vitest";
import { app } from "../../edge/app.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { NewStoryboard } from "../../shared/wire/pictures.ts";

/** A JPEG of one colour, 160 × 90 pixels, made by native ffmpeg. */
const FLAT =
  "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAg+Pkk+SVVVVVVVVWRdZGhoaGRkZGRoaGhwcHCDg4NwcHBoaHBwfHyDg4+Tj4eHg4eTk5ubm7q6srLZ2eD/////xABNAAEBAAAAAAAAAAAAAAAAAAAABgEBAQEAAAAAAAAAAAAAAAAAAAUHEAEAAAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA/8AAEQgAWgCgAwEiAAIRAAMRAP/aAAwDAQACEQMRAD8AmQFZn4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/9k=";

/** A JPEG that claims a size in its header. The edge reads nothing else of it. */
export function jpeg(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.from(FLAT, "base64"));
  const at = bytes.findIndex((byte, index) => byte === 0xff && bytes[index + 1] === 0xc0);
  const view = new DataView(bytes.buffer);
  view.setUint16(at + 5, height);
  view.setUint16(at + 7, width);
  return bytes;
}

/** 27 tiles of 32 × 18 pixels, on two sheets. */
export const STORYBOARD: NewStoryboard = {
  tileWidth: 32,
  tileHeight: 18,
  startSeconds: Array.from({ length: 27 }, (_, index) => 6 * index),
  endSeconds: 160.5,
  sheets: [sheet(160, 90), sheet(160, 18)],
};

/** A storyboard's sheet: a JPEG in base64. */
export function sheet(width: number, height: number): string {
  return Buffer.from(jpeg(width, height)).toString("base64");
}

/** Uploads a poster and a storyboard for a video. */
export async function savePictures({ jobId, ownerToken }: CreateJobResponse): Promise<void> {
  for (const [what, body] of [
    ["poster", jpeg(160, 90)],
    ["storyboard", JSON.stringify(STORYBOARD)],
  ] as const) {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const url = `http://localhost/api/videos/${jobId}/${what}`;
    const request = new Request(url, { method: "PUT", headers, body });
    const { status } = await app.fetch(request, env, createExecutionContext());
    expect(status, what).toBe(200);
  }
}
