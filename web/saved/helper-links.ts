import type { ShareResponse } from "../../shared/wire/api.ts";
import { StringRecord } from "./string-record.ts";

/** Links for helpers that this browser made, by job id, so that they still show after a reload. */
const LINKS = new StringRecord("tributary.helper-links");
const MOST = 50;

/** The link of a job; null where none is stored, or where it has expired. */
export function helperLinkOf(jobId: string, nowMs: number): ShareResponse | null {
  try {
    const { joinUrl, expiresAtMs, maxContributors } = JSON.parse(LINKS.read()[jobId] ?? "{}");
    if (typeof joinUrl !== "string" || !(expiresAtMs > nowMs)) return null;
    return { joinUrl, expiresAtMs, maxContributors: Number(maxContributors) };
  } catch {
    return null;
  }
}

export function keepHelperLink(jobId: string, link: ShareResponse): void {
  LINKS.put(jobId, JSON.stringify(link), MOST);
}

export function forgetHelperLink(jobId: string): void {
  LINKS.delete(jobId);
}
