import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type AcceptedSegment, acceptedSegmentSchema } from "../../shared/job/job.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { call, coordinator, plan, playlist } from "./scripted-holder.ts";

/** A job's accepted objects as the coordinator, the playlists and storage have them. */

/** The accepted segments in the coordinator's rows. */
export async function acceptedRows({ jobId }: CreateJobResponse): Promise<AcceptedSegment[]> {
  const texts = await runInDurableObject(coordinator(jobId), (_, { storage }) =>
    storage.sql
      .exec<{ json: string }>("SELECT json FROM records WHERE kind = 'accepted'")
      .toArray()
      .map(({ json }) => json),
  );
  return texts.map((text) => acceptedSegmentSchema.parse(JSON.parse(text)));
}

/** Keys of all media and init segments that the job's media playlists name. */
export async function namedKeys(job: CreateJobResponse): Promise<string[]> {
  const keys = new Set<string>();
  for (const { id } of [...plan.video, ...plan.audio]) {
    const text = await playlist(job, `${id}/playlist.m3u8`);
    for (const [name] of text.matchAll(/[\w-]+\.(m4s|mp4)/g))
      keys.add(`v/${job.jobId}/${id}/${name}`);
  }
  return [...keys];
}

/** SHA-256 in hexadecimal. */
export async function sha256Of(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Reads the object at an address without the data centre's cache, which would still have the right bytes.
 * @returns "as named"; "replaced" where the bytes do not have the hash in the name; or the code of an error answer
 */
export async function served(key: string): Promise<string> {
  await caches.default.delete(`http://localhost/${key}`);
  const response = await call(`/${key}`);
  if (!response.ok) return ((await response.json()) as { code: string }).code;
  const sha256 = await sha256Of(await response.arrayBuffer());
  return sha256 === namedHashes(key)?.sha256 ? "as named" : "replaced";
}

/** What storage holds under a key; null: nothing. Writing equal bytes again gives another version. */
export async function storedAs(
  key: string,
): Promise<{ version: string; sizeBytes: number; sha256: string } | null> {
  const stored = await env.MEDIA.get(key);
  if (stored === null) return null;
  const { version, size: sizeBytes } = stored;
  return { version, sizeBytes, sha256: await sha256Of(await stored.arrayBuffer()) };
}
