import type { Context } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { DEFAULT_VISIBILITY, type Visibility } from "../../shared/wire/visibility.ts";
import { findSuccessor } from "../catalog/addresses.ts";
import { NO_DETAILS, type StoredDetails } from "../catalog/details.ts";
import { findOwnership, mainAddress, type Ownership } from "../catalog/owners.ts";
import { NO_PICTURES, type StoredPictures } from "../catalog/pictures.ts";
import type { AppEnv } from "./app-env.ts";
import { bearerToken, hashToken, isJobId, tokensMatch } from "./auth.ts";
import { judgeLink, LINK_MARK } from "./video-link.ts";

/** Role of a request's caller for a video, from the bearer token. */
export type Caller = "operator" | "owner" | "other";

/** The part of a handler's context that is used here. */
type Asking = Pick<Context<AppEnv>, "env" | "req">;

/** The access that a request has to a video. */
export interface VideoAccess {
  /** Whether the video has an owner row. Videos from before there were owners have none. */
  isKnown: boolean;
  caller: Caller;
  visibility: Visibility;
  details: StoredDetails;
  pictures: StoredPictures;
  /** False for a private video of another owner, without a valid link to it. */
  isVisible: boolean;
  /** The signed link that came with the request: valid, expired or withdrawn (`over`), or none. */
  link: "good" | "over" | "none";
  hasPassphrase: boolean;
}

/** Whether a token is the site's ADMIN_TOKEN, where there is one. */
export function isOperator(env: Cloudflare.Env, token: string | null): boolean {
  return (
    Boolean(env.ADMIN_TOKEN) &&
    token !== null &&
    tokensMatch(token, hashToken(env.ADMIN_TOKEN ?? ""))
  );
}

/**
 * Milliseconds for which an instance of the Worker caches a video's row, because players send requests every few
 * seconds. A change made by another instance is seen after this time.
 */
const KNOWN_FOR_MS = 5_000;
/** The same for a private video's row while the catalogue does not answer. */
const PRIVATE_KNOWN_FOR_MS = 30_000;
const MOST_KNOWN = 1_000;
const known = new Map<string, { ownership: Ownership; readAtMs: number }>();
const successors = new Map<string, { id: string; readAtMs: number }>();

/** To be called when a video's row was changed. */
export function forgetAccess(id: string): void {
  known.delete(id);
  successors.delete(id);
}

/**
 * The id of the video that an address leads to now: its own, or that of the video that replaced it.
 * @throws TributaryError NETWORK where the catalogue does not answer
 */
export async function currentVideo(env: Cloudflare.Env, address: string): Promise<string> {
  if (!isJobId(address)) return address;
  const nowMs = Date.now();
  const before = successors.get(address);
  if (before !== undefined && nowMs - before.readAtMs < KNOWN_FOR_MS) return before.id;
  // A video that still has an owner row was not replaced.
  if ((await ownershipOf(env, address)) !== null) return address;
  const id = await findSuccessor(env.CATALOG, address).catch((cause: unknown) => {
    throw new TributaryError("NETWORK", "The catalogue does not answer.", { cause });
  });
  if (id === null) return address;
  keep(successors, address, { id, readAtMs: nowMs });
  return id;
}

/** @throws TributaryError NETWORK where the catalogue does not answer, so that no private video is shown by mistake */
export async function videoAccess(c: Asking, id: string): Promise<VideoAccess> {
  const token = bearerToken(c.req.header("authorization"));
  const ownership = isJobId(id) ? await ownershipOf(c.env, id) : null;
  const caller = callerOf(c.env, ownership, token);
  const visibility = ownership?.visibility ?? DEFAULT_VISIBILITY;
  const link =
    ownership === null
      ? "none"
      : linkOf(c, token, { id: mainAddress(id, ownership), linkVersion: ownership.linkVersion });
  return {
    isKnown: ownership !== null,
    caller,
    visibility,
    details: ownership?.details ?? NO_DETAILS,
    pictures: ownership?.pictures ?? NO_PICTURES,
    isVisible: visibility !== "private" || caller !== "other" || link === "good",
    link,
    hasPassphrase: ownership !== null && ownership.passphraseHash !== null,
  };
}

/**
 * Judges the request's signed link: from the path of playback addresses, the query of pages, or the API's bearer token.
 */
function linkOf(
  c: Asking,
  token: string | null,
  video: { id: string; linkVersion: number },
): VideoAccess["link"] {
  const inPath = c.req.param("link")?.slice(LINK_MARK.length);
  return judgeLink(c.env, inPath ?? c.req.query("key") ?? token, video, Date.now());
}

/**
 * The error for a video that is not visible to the caller.
 * @param code code for a missing video, which is also used for a private one without a passphrase
 */
export function notVisible(
  { link, hasPassphrase, visibility }: VideoAccess,
  code: "NOT_FOUND" | "JOB_NOT_FOUND",
): TributaryError {
  if (link === "over") {
    return new TributaryError("VIDEO_LINK_OVER", "This link has expired, or was withdrawn.");
  }
  if (visibility === "private" && hasPassphrase) {
    return new TributaryError("PASSPHRASE_REQUIRED", "This video asks for a passphrase.");
  }
  const what = code === "NOT_FOUND" ? "video" : "job";
  return new TributaryError(code, `There is no such ${what}.`);
}

/**
 * As `videoAccess`, but throws where the video is not visible to the caller.
 * @throws TributaryError NOT_FOUND, VIDEO_LINK_OVER, PASSPHRASE_REQUIRED, NETWORK
 */
export async function visibleVideo(c: Asking, id: string): Promise<VideoAccess> {
  const access = await videoAccess(c, id);
  if (!access.isVisible) throw notVisible(access, "NOT_FOUND");
  return access;
}

/**
 * As `visibleVideo`, for a video's job, with the error of a missing job.
 * @throws TributaryError JOB_NOT_FOUND, VIDEO_LINK_OVER, PASSPHRASE_REQUIRED, NETWORK
 */
export async function visibleJob(c: Asking, id: string): Promise<VideoAccess> {
  const access = await videoAccess(c, id);
  if (!access.isVisible) throw notVisible(access, "JOB_NOT_FOUND");
  return access;
}

/**
 * As `visibleVideo`, for actions of the owner or the site's operator.
 * @throws TributaryError NOT_FOUND, UNAUTHORIZED, FORBIDDEN, NETWORK
 */
export async function ownVideo(c: Asking, id: string): Promise<VideoAccess> {
  const access = await visibleVideo(c, id);
  if (access.caller !== "other") return access;
  if (!access.isKnown) throw new TributaryError("NOT_FOUND", "There is no such video.");
  if (bearerToken(c.req.header("authorization")) === null) {
    throw new TributaryError("UNAUTHORIZED", "A token is missing: Authorization: Bearer ...");
  }
  throw new TributaryError("FORBIDDEN", "Only the video's owner may do this.");
}

/**
 * The visibility of a video, if the token is its owner's or the operator's.
 * @throws TributaryError NOT_FOUND, FORBIDDEN, NETWORK
 */
export async function ownedBy(
  env: Cloudflare.Env,
  id: string,
  token: string,
): Promise<{ visibility: Visibility }> {
  const ownership = isJobId(id) ? await ownershipOf(env, id) : null;
  if (callerOf(env, ownership, token) === "other") {
    const isHidden = ownership === null || ownership.visibility === "private";
    if (isHidden) throw new TributaryError("NOT_FOUND", "There is no such video.");
    throw new TributaryError("FORBIDDEN", "Only the video's owner may do this.");
  }
  return { visibility: ownership?.visibility ?? DEFAULT_VISIBILITY };
}

function callerOf(env: Cloudflare.Env, ownership: Ownership | null, token: string | null): Caller {
  if (token === null) return "other";
  if (isOperator(env, token)) return "operator";
  const hashes = [ownership, ...(ownership?.addresses ?? [])].map(
    (row) => row?.ownerTokenHash ?? "",
  );
  return hashes.some((hash) => hash !== "" && tokensMatch(token, hash)) ? "owner" : "other";
}

async function ownershipOf(env: Cloudflare.Env, id: string): Promise<Ownership | null> {
  const nowMs = Date.now();
  const before = known.get(id);
  if (before !== undefined && nowMs - before.readAtMs < KNOWN_FOR_MS) return before.ownership;
  let ownership: Ownership | null;
  try {
    ownership = await findOwnership(env.CATALOG, id);
  } catch (cause) {
    const isRecent = before !== undefined && nowMs - before.readAtMs < PRIVATE_KNOWN_FOR_MS;
    // Links may have been withdrawn since, so cached rows of private videos are used for a shorter time.
    if (before !== undefined && (isRecent || before.ownership.visibility !== "private")) {
      return before.ownership;
    }
    throw new TributaryError("NETWORK", "The catalogue does not answer.", { cause });
  }
  // A missing row is not cached, because a job that is just being created has none yet.
  if (ownership === null) return null;
  keep(known, id, { ownership, readAtMs: nowMs });
  return ownership;
}

function keep<T>(kept: Map<string, T>, id: string, value: T): void {
  kept.delete(id);
  kept.set(id, value);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KNOWN && oldest !== undefined) kept.delete(oldest);
}
