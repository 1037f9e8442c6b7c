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

/** Role of the caller who asks for a video, by the request's bearer token. */
export type Caller = "operator" | "owner" | "other";

/** Any handler's context. */
type Asking = Pick<Context<AppEnv>, "env" | "req">;

/** The access that a request has to a video. */
export interface VideoAccess {
  /** Whether there is a row of it; there is none of videos from before rows. */
  isKnown: boolean;
  caller: Caller;
  visibility: Visibility;
  details: StoredDetails;
  pictures: StoredPictures;
  /** False for a private video of somebody else, without a link to it. */
  isVisible: boolean;
  /** A signed link came with the request. */
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
 * Players ask for a video's parts every few seconds: its row is read this often at most by one
 * instance of the Worker. A change made by another instance is seen after this.
 */
const KNOWN_FOR_MS = 5_000;
/** Where the catalogue does not answer. */
const PRIVATE_KNOWN_FOR_MS = 30_000;
const MOST_KNOWN = 1_000;
const known = new Map<string, { ownership: Ownership; readAtMs: number }>();
const successors = new Map<string, { id: string; readAtMs: number }>();

/** To be called where a video's row was changed. */
export function forgetAccess(id: string): void {
  known.delete(id);
  successors.delete(id);
}

/**
 * The video that an address leads to now: the one that took its place, or its own.
 * @throws TributaryError NETWORK where the catalogue does not answer
 */
export async function currentVideo(env: Cloudflare.Env, address: string): Promise<string> {
  if (!isJobId(address)) return address;
  const nowMs = Date.now();
  const before = successors.get(address);
  if (before !== undefined && nowMs - before.readAtMs < KNOWN_FOR_MS) return before.id;
  // One that has a row of its own was not replaced.
  if ((await ownershipOf(env, address)) !== null) return address;
  const id = await findSuccessor(env.CATALOG, address).catch((cause: unknown) => {
    throw new TributaryError("NETWORK", "The catalogue does not answer.", { cause });
  });
  if (id === null) return address;
  keep(successors, address, { id, readAtMs: nowMs });
  return id;
}

/** @throws TributaryError NETWORK where the catalogue does not answer: nothing is shown by mistake */
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

/** In the path of what players fetch, in the query of pages, or as a token of the API's. */
function linkOf(
  c: Asking,
  token: string | null,
  video: { id: string; linkVersion: number },
): VideoAccess["link"] {
  const inPath = c.req.param("link")?.slice(LINK_MARK.length);
  return judgeLink(c.env, inPath ?? c.req.query("key") ?? token, video, Date.now());
}

/**
 * Why a video that is not visible is not shown.
 * @param code of one that is not there, as which those appear that nothing can open
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
 * As `videoAccess`, where the video may be seen.
 * @throws TributaryError NOT_FOUND, VIDEO_LINK_OVER, PASSPHRASE_REQUIRED, NETWORK
 */
export async function visibleVideo(c: Asking, id: string): Promise<VideoAccess> {
  const access = await videoAccess(c, id);
  if (!access.isVisible) throw notVisible(access, "NOT_FOUND");
  return access;
}

/**
 * As `visibleVideo`, of a video's job: the same answer as for a job that is not there.
 * @throws TributaryError JOB_NOT_FOUND, VIDEO_LINK_OVER, PASSPHRASE_REQUIRED, NETWORK
 */
export async function visibleJob(c: Asking, id: string): Promise<VideoAccess> {
  const access = await videoAccess(c, id);
  if (!access.isVisible) throw notVisible(access, "JOB_NOT_FOUND");
  return access;
}

/**
 * As `visibleVideo`, for what only the owner and the site's operator may do.
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
 * A video that a token's holder owns, or the operator.
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
    // Links may have been withdrawn since: of private videos less is shown on what was known.
    if (before !== undefined && (isRecent || before.ownership.visibility !== "private")) {
      return before.ownership;
    }
    throw new TributaryError("NETWORK", "The catalogue does not answer.", { cause });
  }
  // A job that is just being created has no row yet, so a missing row is not cached.
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
