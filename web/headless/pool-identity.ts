import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { invalid } from "./options.ts";

/** The key by which a pool recognizes this machine, in a file that only its user can read. */

const jwkSchema = z.looseObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

export function defaultIdentityFile(): string {
  const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return join(state, "tributary", "pool-identity.json");
}

/**
 * Reads the private key (JWK) in a file; makes key and file where there is no file.
 * @throws TributaryError REQUEST_INVALID where the file holds something else
 */
export async function readIdentity(file: string): Promise<JsonWebKey> {
  const text = await readFile(file, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return null;
    throw thrown;
  });
  if (text !== null) {
    const parsed = jwkSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw invalid(`${file} holds no key of a pool's member.`);
  }
  const how = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey } = await crypto.subtle.generateKey(how, true, ["sign", "verify"]);
  const key = jwkSchema.parse(await crypto.subtle.exportKey("jwk", privateKey));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(key), { mode: 0o600, flag: "wx" });
  return key;
}
