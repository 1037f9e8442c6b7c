import { AwsV4Signer } from "aws4fetch";

/**
 * Presigned URLs, so that a video's bytes go straight between a holder and storage. They are secrets
 * until they expire: never logged.
 */

/** Time to begin an upload or download; a holder whose queue takes longer asks for fresh URLs. */
const EXPIRES_SECONDS = 900;
/** Life of URLs that our own servers read while they work: a whole video. */
export const OWN_EXPIRES_SECONDS = 6 * 3600;

export interface PresignedPut {
  url: string;
  /** To be sent with it exactly. */
  headers: Record<string, string>;
}

/** Signing keys, which depend on nothing but the credentials and the day. */
const signingKeys = new Map<string, ArrayBuffer>();

/**
 * A PUT bound to these bytes (length, MD5) that never replaces an object.
 * @param origin where the holder reached us; the local endpoint answers there
 */
export async function presignPut(
  env: Cloudflare.Env,
  origin: string,
  key: string,
  bytes: { sizeBytes: number; md5: string; contentType: string },
): Promise<PresignedPut> {
  const headers = {
    "content-type": bytes.contentType,
    "content-md5": bytes.md5,
    "if-none-match": "*",
  };
  // Browsers set the length themselves and let nobody else do it: signed, but not in the list.
  const signed = { ...headers, "content-length": String(bytes.sizeBytes) };
  return { url: await presign(env, "PUT", origin, key, signed), headers };
}

/** @param expiresSeconds long for what a server reads while it works */
export function presignGet(
  env: Cloudflare.Env,
  origin: string,
  key: string,
  expiresSeconds = EXPIRES_SECONDS,
): Promise<string> {
  return presign(env, "GET", origin, key, {}, { "X-Amz-Expires": String(expiresSeconds) });
}

/** A PUT by one of our own servers, which begins within minutes, of bytes that do not exist yet. Never replaces an object. */
export async function presignOwnPut(
  env: Cloudflare.Env,
  origin: string,
  key: string,
  contentType: string,
): Promise<PresignedPut> {
  const headers = { "content-type": contentType, "if-none-match": "*" };
  return { url: await presign(env, "PUT", origin, key, headers), headers };
}

/** A URL for a part of exactly this many bytes. */
export function presignUploadPart(
  env: Cloudflare.Env,
  origin: string,
  upload: { key: string; multipartId: string },
  { part, sizeBytes }: { part: number; sizeBytes: number },
): Promise<string> {
  const query = { partNumber: String(part), uploadId: upload.multipartId };
  const headers = { "content-length": String(sizeBytes) };
  return presign(env, "PUT", origin, upload.key, headers, query);
}

async function presign(
  env: Cloudflare.Env,
  method: string,
  origin: string,
  key: string,
  headers: Record<string, string>,
  query: Record<string, string> = {},
): Promise<string> {
  const url = new URL(`${storageBase(env, origin)}/${key}`);
  url.searchParams.set("X-Amz-Expires", String(EXPIRES_SECONDS));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
    service: "s3",
    region: "auto",
    signQuery: true,
    // Without it content-type and content-length would stay unsigned.
    allHeaders: true,
    cache: signingKeys,
  });
  return (await signer.sign()).url.href;
}

function storageBase(env: Cloudflare.Env, origin: string): string {
  const endpoint = env.S3_ENDPOINT === "" ? `${origin}/cdn-cgi/local/r2/s3` : env.S3_ENDPOINT;
  return `${endpoint}/${env.S3_BUCKET}`;
}
