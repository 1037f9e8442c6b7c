import { createHash } from "node:crypto";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Role } from "../../shared/wire/protocol.ts";
import type { Holder } from "./schedule/state/records.ts";

/**
 * The identities in a job. A *principal* is a token: the owner's, a contributor link's or a server's. A *member* is a
 * name that uses the token. The holder's id is assigned here, from both. So a name gives no rights beyond its own
 * token, and the id, which others may see, does not reveal the name.
 */

interface Claim {
  /** The token's hash. */
  principal: string;
  role: Role;
  /** The name in the hello: a secret of the tab, by which it is recognized when it reconnects. */
  name: string;
}

/** The holder id for a token and a name. */
export function memberId(
  { principal, role, name }: Claim,
  holders: ReadonlyMap<string, Holder>,
): string {
  // Rows from before ids were assigned: there the id is the name, which only its tab and the owner know.
  const former = holders.get(name);
  const isFormer = former?.isNamed === true && former.principal === principal;
  if (isFormer && former.role === role) return name;
  return `${role}-${digest([principal, name]).slice(0, 24)}`;
}

/**
 * The network of an address, as a salted hash of its /24 (IPv4) or /48 (IPv6). It only tells whether two networks are
 * the same. Null for text that is not an address, whose network is unknown.
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
