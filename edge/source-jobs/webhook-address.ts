import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Names that mean something on a local network only (RFC 6761, 6762, 8375; ICANN for `internal`). */
const LOCAL_NAMES = ["localhost", "local", "internal", "home.arpa"];

/** NAT64, 6to4 and the like stand for an IPv4 address; all that is public lies here (RFC 4291, 2.4). */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether webhooks may go there: to the internet, or anywhere where the site's setting says so. */
export function mayCall({ WEBHOOK_ALLOW_PRIVATE }: Cloudflare.Env, url: string): boolean {
  return WEBHOOK_ALLOW_PRIVATE === "on" || !isLocalAddress(url);
}

/**
 * Whether a URL names this machine or its network: by a literal address, in any notation, that is not
 * public, or by a local name. What a name resolves to cannot be seen from a Worker.
 */
export function isLocalAddress(url: string): boolean {
  // The URL parser has brought all notations of IPv4 (hexadecimal, octal, one number) to one.
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return !isPublic(ipaddr.process(host));
  return !host.includes(".") || LOCAL_NAMES.some((name) => `.${host}`.endsWith(`.${name}`));
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(PUBLIC_IPV6);
}
