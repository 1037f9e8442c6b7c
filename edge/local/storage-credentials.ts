import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { keptSecret } from "./local-secrets.ts";

/** Keys that sign and check URLs of the emulated bucket. Anybody who has them can read and replace every object. */
export interface StorageCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Not a secret: it only identifies the secret key. */
const ACCESS_KEY_ID = "tributary-local";

const BUILT_CONFIG = fileURLToPath(new URL("../../dist/tributary/wrangler.json", import.meta.url));

const credentialsSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
const localBucketSchema = z.object({
  local_dev: z.object({ experimental_s3_credentials: credentialsSchema }),
});
const builtSchema = z.object({ r2_buckets: z.array(localBucketSchema).length(1) });

/** New credentials, for a build or a test's own bucket. */
export function newStorageCredentials(): StorageCredentials {
  return { accessKeyId: ACCESS_KEY_ID, secretAccessKey: randomBytes(32).toString("base64url") };
}

/**
 * The credentials of a server in mode `dev`. They are kept in its state folder, because its configuration is read
 * several times.
 */
export function keptStorageCredentials(stateDir: string): StorageCredentials {
  const secretAccessKey = keptSecret(stateDir, "storage-secret");
  return { accessKeyId: ACCESS_KEY_ID, secretAccessKey };
}

/**
 * The credentials of the production build on this machine, which it checks when it is served here.
 * @throws Error where there is no build
 */
export function builtStorageCredentials(): StorageCredentials {
  const [bucket] = builtSchema.parse(JSON.parse(readFileSync(BUILT_CONFIG, "utf8"))).r2_buckets;
  if (bucket === undefined) throw new Error("The build has no bucket.");
  return bucket.local_dev.experimental_s3_credentials;
}
