import { z } from "zod";
import { type Verified, verifiedSchema } from "../../../../shared/job/job.ts";

/**
 * The state of verification of a task's result, in one record. Only `move` changes it:
 *
 *   unverified  no result yet, or one that was not drawn for an audit: a later result of its maker
 *               that is proven clears it, or the last audits of its link do
 *   audit-due   the result is to be run again, or looked at, by somebody else
 *   auditing    live leases of the task do that now
 *   disputed    results disagreed and are gone: a further one decides
 *   verified    playlists may show the result
 */

/** One of several results that disagreed, until it is known which one was right. */
export const claimSchema = z.object({
  holderId: z.string(),
  /** One text for all media outputs. */
  digest: z.string(),
  /** The holder's agreements before the dispute. */
  agreed: z.number(),
});
export type Claim = z.infer<typeof claimSchema>;

const shared = {
  /** Holders that the task is not given to: their results disagreed, or could not be verified. */
  excluded: z.array(z.string()),
};
const claims = z.array(claimSchema);
/** A contributor of another link and network made the same: what is left is for somebody trusted. */
const evidence = z.boolean().default(false);

export const verificationSchema = z.discriminatedUnion("state", [
  z.object({
    ...shared,
    state: z.literal("unverified"),
    /** Two leases that run the task at the same time: the later result is the audit of the earlier. */
    pair: z.tuple([z.string(), z.string()]).nullable(),
    /** The last audits of its link were drawn without it: if they go well, it is cleared. */
    vouched: z.boolean().default(false),
  }),
  z.object({ ...shared, state: z.literal("audit-due"), claims, evidence }),
  z.object({ ...shared, state: z.literal("auditing"), claims, evidence }),
  z.object({ ...shared, state: z.literal("disputed"), claims }),
  z.object({
    ...shared,
    state: z.literal("verified"),
    by: verifiedSchema,
  }),
]);
export type Verification = z.infer<typeof verificationSchema>;

export type VerificationEvent =
  /** A second lease began beside the first one. */
  | { type: "paired"; leaseIds: [string, string] }
  /** A result was accepted; what it has to prove was decided by its maker's record. */
  | { type: "accepted"; standing: "unverified" | "audit-due" | "verified" }
  /** A result that was not drawn, or that nobody trusted looked at, is to be audited after all. */
  | { type: "drawn" }
  /** The last audits of its link are drawn without it. */
  | { type: "vouched"; isVouched: boolean }
  /** An independent contributor made the same. */
  | { type: "evidenced" }
  | { type: "audit-began" }
  /** No lease is left that audits. */
  | { type: "audits-ended" }
  | { type: "verified"; by: Verified }
  /** The result does not count any more. */
  | { type: "undone"; claims?: readonly Claim[]; excluded?: readonly string[] }
  | { type: "excluded"; holderId: string };

export const NOT_VERIFIED: Verification = {
  state: "unverified",
  excluded: [],
  pair: null,
  vouched: false,
};

/** The record after an event; unchanged where the event says nothing in this state. */
export function move(from: Verification, event: VerificationEvent): Verification {
  const { excluded } = from;
  const claims = claimsOf(from);
  switch (event.type) {
    case "paired":
      return from.state === "unverified" ? { ...from, pair: event.leaseIds } : from;
    case "accepted":
      if (event.standing === "verified") return { state: "verified", excluded, by: "gate" };
      if (event.standing === "audit-due") return toAudit(from);
      return { ...NOT_VERIFIED, excluded };
    case "drawn":
      return from.state === "unverified" || (from.state === "verified" && !isProof(from.by))
        ? toAudit(from)
        : from;
    case "vouched":
      return from.state === "unverified" ? { ...from, vouched: event.isVouched } : from;
    case "evidenced":
      return awaitsAudit(from) ? { ...toAudit(from), evidence: true } : from;
    case "audit-began":
      return from.state === "audit-due" ? { ...from, state: "auditing" } : from;
    case "audits-ended":
      return from.state === "auditing" ? { ...from, state: "audit-due" } : from;
    case "verified":
      return { state: "verified", excluded, by: event.by };
    case "undone": {
      const all = [...claims, ...(event.claims ?? [])];
      const without = union(excluded, event.excluded ?? []);
      return all.length > 0
        ? { state: "disputed", excluded: without, claims: all }
        : { ...NOT_VERIFIED, excluded: without };
    }
    case "excluded":
      return { ...from, excluded: union(excluded, [event.holderId]) };
  }
}

function toAudit(from: Verification): Verification & { state: "audit-due" } {
  return { state: "audit-due", excluded: from.excluded, claims: claimsOf(from), evidence: false };
}

/** Whether it is by the word of somebody trusted, on the result itself. */
export function isProof(by: Verified): boolean {
  return by === "hash" || by === "picture";
}

export function claimsOf(verification: Verification): Claim[] {
  return "claims" in verification ? verification.claims : [];
}

/** Whether an earlier result could not be verified: the next one of a contributor has to be. */
export function isAgain({ excluded }: Verification): boolean {
  return excluded.length > 0;
}

/** Whether the result is to be audited, whether or not somebody is at it. */
export function awaitsAudit({ state }: Verification): boolean {
  return state === "audit-due" || state === "auditing";
}

function union(before: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...before, ...more])];
}
