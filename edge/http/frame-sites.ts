/**
 * The origin of a site that may frame the upload page; null where the operator has not named it.
 * @param allowed origins, as FRAME_SITES has them: "https://school.example https://club.example:8443"
 * @param site as the framing page gave it
 */
export function framingSite(allowed: string, site: string | undefined): string | null {
  const origin = URL.parse(site ?? "")?.origin ?? null;
  const origins = allowed.split(/\s+/).map((each) => URL.parse(each)?.origin ?? null);
  return origin !== null && origin !== "null" && origins.includes(origin) ? origin : null;
}
