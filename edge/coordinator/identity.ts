import { createHash } from "node:crypto";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Role } from "../../shared/wire/protocol.ts";
import type { Holder } from "./schedule/state/records.ts";

/**
 * The identities of a job. A *principal* is a token: the owner's, a contributor link's, a server's. A *member*
 * is a name that came by it, and the holder's id is given here: a name claims nothing beyond its own token,
 * and the id, which others may see, says nothing of the name.
 */

interface Claim {
  /** The token's hash. */
  principal: string;
  role: Role;
  /** The name in the hello: a secret of the tab, by which it is known again when it comes back. */
  name: string;
}

/** The id of whoever came by this token and calls itself this. */
export function memberId(
  { principal, role, name }: Claim,
  holders: ReadonlyMap<string, Holder>,
): string {
  // Rows of before ids were given: there the id is the name, and known to its tab and the owner alone.
  const former = holders.get(name);
  const isFormer = former?.isNamed === true && former.principal === principal;
  if (isFormer && former.role === role) return name;
  return `${role}-${digest([principal, name]).slice(0, 24)}`;
}

/**
 * The network of an address, as a text that tells two networks apart and no more: a salted hash of its
 * /24 (IPv4) or /48 (IPv6). Null for what is no address: nobody knows then whether it is another network.
 * @param salt a secret of the job
 */
export function networkOf(address: string | null, salt: string): string | null {
  const prefix = address === null ? null : prefixOf(address);
  return prefix === null ? null : digest([salt, prefix]).slice(0, 24);
}

function prefixOf(text: string): string | null {
  if (isIP(text) === 0) return null;
  const address = ipaddr.process(text);
  const bytes = address.toByteArray();
  return `${address.kind()} ${bytes.slice(0, address.kind() === "ipv4" ? 3 : 6).join(".")}`;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
