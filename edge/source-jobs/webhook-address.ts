import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Names that are used only in local networks (RFC 6761, 6762, 8375; ICANN for `internal`). */
const LOCAL_NAMES = ["localhost", "local", "internal", "home.arpa"];

/**
 * All public IPv6 addresses lie here (RFC 4291, 2.4). Addresses of NAT64, 6to4 and the like, which stand for an IPv4
 * address, are excluded by their own ranges.
 */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether webhooks may go to a URL: only to the internet, or anywhere if the site's setting allows it. */
export function mayCall({ WEBHOOK_ALLOW_PRIVATE }: Cloudflare.Env, url: string): boolean {
  return WEBHOOK_ALLOW_PRIVATE === "on" || !isLocalAddress(url);
}

/**
 * Whether a URL names this machine or its network: by a literal address that is not public, in any notation, or by a
 * local name. A Worker cannot see which address a name resolves to.
 */
export function isLocalAddress(url: string): boolean {
  // The URL parser has normalized all notations of IPv4 (hexadecimal, octal, a single number).
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return !isPublic(ipaddr.process(host));
  return !host.includes(".") || LOCAL_NAMES.some((name) => `.${host}`.endsWith(`.${name}`));
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(PUBLIC_IPV6);
}
