import { AwsV4Signer } from "aws4fetch";

/**
 * Presigned URLs, so that a video's bytes go directly between a lease holder and storage. They are secret until they
 * expire, and never logged.
 */

/** Seconds within which an upload or download has to begin. A holder that needs longer asks for new URLs. */
const EXPIRES_SECONDS = 900;
/** Seconds for which URLs of a whole video are valid, which this site's servers read while they work. */
export const OWN_EXPIRES_SECONDS = 6 * 3600;

export interface PresignedPut {
  url: string;
  /** Headers that the request must send exactly. */
  headers: Record<string, string>;
}

/** Cached signing keys. They depend only on the credentials and the day. */
const signingKeys = new Map<string, ArrayBuffer>();

/**
 * A presigned PUT that is bound to certain bytes (length, MD5) and never replaces an object.
 * @param origin origin under which the holder reached this site; the local endpoint has the same one
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
  // The length is signed, but not among the returned headers, because browsers set it themselves.
  const signed = { ...headers, "content-length": String(bytes.sizeBytes) };
  return { url: await presign(env, "PUT", origin, key, signed), headers };
}

/** @param expiresSeconds longer for objects that a server reads while it works */
export function presignGet(
  env: Cloudflare.Env,
  origin: string,
  key: string,
  expiresSeconds = EXPIRES_SECONDS,
): Promise<string> {
  return presign(env, "GET", origin, key, {}, { "X-Amz-Expires": String(expiresSeconds) });
}

/**
 * A presigned PUT for one of this site's servers, for bytes that do not exist yet. The upload has to begin within
 * minutes. It never replaces an object.
 */
export async function presignOwnPut(
  env: Cloudflare.Env,
  origin: string,
  key: string,
  contentType: string,
): Promise<PresignedPut> {
  const headers = { "content-type": contentType, "if-none-match": "*" };
  return { url: await presign(env, "PUT", origin, key, headers), headers };
}

/** A presigned URL for a part of exactly this many bytes. */
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
    // Without this, content-type and content-length would not be signed.
    allHeaders: true,
    cache: signingKeys,
  });
  return (await signer.sign()).url.href;
}

function storageBase(env: Cloudflare.Env, origin: string): string {
  const endpoint = env.S3_ENDPOINT === "" ? `${origin}/cdn-cgi/local/r2/s3` : env.S3_ENDPOINT;
  return `${endpoint}/${env.S3_BUCKET}`;
}
