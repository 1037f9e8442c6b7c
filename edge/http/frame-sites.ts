/**
 * The origin of a site that may frame the upload page; null where the operator has not named it.
 * @param allowed origins in the form of FRAME_SITES: "https://school.example https://club.example:8443"
 * @param site the site that the framing page stated
 */
export function framingSite(allowed: string, site: string | undefined): string | null {
  const origin = URL.parse(site ?? "")?.origin ?? null;
  const origins = allowed.split(/\s+/).map((each) => URL.parse(each)?.origin ?? null);
  return origin !== null && origin !== "null" && origins.includes(origin) ? origin : null;
}
