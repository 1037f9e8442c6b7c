import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** SIGNING_SECRET of a local server. It is made at the first start, and kept in the state folder. */
export function localSigningSecret(stateDir: string): string {
  return keptSecret(stateDir, "signing-secret");
}

/** ADMIN_TOKEN of a local server. Anybody who can read this machine's files is its operator. */
export function localAdminToken(stateDir: string): string {
  return keptSecret(stateDir, ADMIN_TOKEN_FILE);
}

/** Name of the token's file in the state folder. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** A random text. It is made at the first call, and kept in a file that only this user can read. */
export function keptSecret(stateDir: string, name: string): string {
  const path = join(stateDir, name);
  try {
    return readFileSync(path, "utf8");
  } catch {
    const secret = randomBytes(32).toString("base64url");
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(path, secret, { mode: 0o600 });
    return secret;
  }
}
