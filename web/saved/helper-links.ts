import type { ShareResponse } from "../../shared/wire/api.ts";
import { StringRecord } from "./string-record.ts";

/** Links for helpers that this browser made, by job: an open one is still there after a reload. */
const LINKS = new StringRecord("tributary.helper-links");
const MOST = 50;

/** Null where none is kept, or it is over. */
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
