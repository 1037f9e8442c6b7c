import { z } from "zod";
import { type Verified, verifiedSchema } from "../../../../shared/job/job.ts";

/**
 * The state of verification of a task's result, in one record. Only `move` changes it:
 * - unverified: no result yet, or one that was not drawn for an audit. It is cleared by a later proven result of its
 *   maker, or by the last audits of its link.
 * - audit-due: another holder has to run the task again, or to compare the result's frames with the source.
 * - auditing: live leases of the task do that now.
 * - disputed: results disagreed and were dropped. A further result decides.
 * - verified: playlists may show the result.
 */

/** One of several results that disagreed. It is kept until it is known which one was right. */
export const claimSchema = z.object({
  holderId: z.string(),
  /** A text that identifies all media outputs. */
  digest: z.string(),
  /** The holder's proven results in a row before the dispute. */
  agreed: z.number(),
});
export type Claim = z.infer<typeof claimSchema>;

const shared = {
  /** Ids of holders that do not get the task, because their results disagreed or could not be verified. */
  excluded: z.array(z.string()),
};
const claims = z.array(claimSchema);
/** Whether a contributor of another link and network made the same bytes. Further audits are for trusted holders. */
const evidence = z.boolean().default(false);

export const verificationSchema = z.discriminatedUnion("state", [
  z.object({
    ...shared,
    state: z.literal("unverified"),
    /** Ids of two leases that run the task at the same time. The later result is the audit of the earlier one. */
    pair: z.tuple([z.string(), z.string()]).nullable(),
    /**
     * Whether the last audits of its link were drawn and this result was not among them. It is cleared if they succeed.
     */
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
  /** A second lease began in parallel with the first one. */
  | { type: "paired"; leaseIds: [string, string] }
  /** A result was accepted. `standing` follows from its maker's record. */
  | { type: "accepted"; standing: "unverified" | "audit-due" | "verified" }
  /** A result that was not drawn, or was verified without proof, has to be audited after all. */
  | { type: "drawn" }
  /** The last audits of the link were drawn without this result. */
  | { type: "vouched"; isVouched: boolean }
  /** An independent contributor made the same bytes. */
  | { type: "evidenced" }
  | { type: "audit-began" }
  /** The last lease for the audit has ended. */
  | { type: "audits-ended" }
  | { type: "verified"; by: Verified }
  /** The result was dropped. */
  | { type: "undone"; claims?: readonly Claim[]; excluded?: readonly string[] }
  | { type: "excluded"; holderId: string };

export const NOT_VERIFIED: Verification = {
  state: "unverified",
  excluded: [],
  pair: null,
  vouched: false,
};

/** The record after an event. Unchanged where the event has no meaning in this state. */
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

/** Whether a trusted holder has verified the result itself. */
export function isProof(by: Verified): boolean {
  return by === "hash" || by === "picture";
}

/** The earlier results that disagreed; none outside of a dispute. */
export function claimsOf(verification: Verification): Claim[] {
  return "claims" in verification ? verification.claims : [];
}

/** Whether an earlier result could not be verified. A contributor's next result then has to be audited. */
export function isAgain({ excluded }: Verification): boolean {
  return excluded.length > 0;
}

/** Whether the result has to be audited, including an audit under way. */
export function awaitsAudit({ state }: Verification): boolean {
  return state === "audit-due" || state === "auditing";
}

function union(before: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...before, ...more])];
}
