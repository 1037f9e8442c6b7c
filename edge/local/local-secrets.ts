import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** SIGNING_SECRET of a local server: made at its first start, and kept beside what it signed. */
export function localSigningSecret(stateDir: string): string {
  return keptSecret(stateDir, "signing-secret");
}

/** ADMIN_TOKEN of a local server: whoever can read this machine's files runs the site. */
export function localAdminToken(stateDir: string): string {
  return keptSecret(stateDir, ADMIN_TOKEN_FILE);
}

/** In the state folder. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** Random text that is made when it is first asked for, and kept as a file for this user alone. */
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
