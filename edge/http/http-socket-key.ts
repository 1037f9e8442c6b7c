import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * A key to one connection over HTTP requests, valid as long as the connection lasts. The Worker checks it by itself, so
 * that requests of strangers do not wake the coordinator.
 */
const keySchema = z.object({ jobId: z.string(), connectionId: z.string() });

export function sealSocketKey(env: Cloudflare.Env, key: z.infer<typeof keySchema>): string {
  return sealText(env, "http-socket", key);
}

/** The connection's id; null for text that is not a key of this job. */
export function openSocketKey(env: Cloudflare.Env, text: string, jobId: string): string | null {
  const key = openSealed(env, "http-socket", text, keySchema);
  return key?.jobId === jobId ? key.connectionId : null;
}
