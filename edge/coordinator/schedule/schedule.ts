import { hasEnded, type JobState } from "../../../shared/job/job.ts";
import type { HolderMessage } from "../../../shared/wire/holder-messages.ts";
import type { GateVerdict } from "../../gate/verdict.ts";
import { assign } from "./assign/assign.ts";
import { type ArrivingMember, disconnect, type HelloFacts, hello, resume } from "./holders.ts";
import { expire } from "./leases.ts";
import { choreDone, endJob, runChores, watchForHolders } from "./lifecycle.ts";
import { message } from "./messages.ts";
import { checkDueLeases, takeVerdict } from "./results/results.ts";
import { makeAgain, sendAway } from "./results/undo.ts";
import { callServers, serverGivenUp } from "./servers.ts";
import { forgetOldAsks, stageChunks } from "./staging.ts";
import { Draft } from "./state/draft.ts";
import type { Decision } from "./state/effect.ts";
import type { ChoreKind } from "./state/records.ts";
import type { State } from "./state/state.ts";
import { banMember } from "./verify/pool-ban.ts";
import { settleUnverified } from "./verify/waiver.ts";

const DISMISSED = "This device is no longer in the pool.";
const ENDED_BY_OWNER = "The owner of the video ended this helper's part.";

export type Event =
  /**
   * A holder connected with a valid token for its role. `principal` is the token's hash, `network` the holder's network
   * as far as the edge sees it. The id in `hello` is the one that the coordinator assigned.
   */
  | {
      type: "hello";
      connectionId: string;
      principal: string;
      network: string | null;
      hello: HelloFacts;
      /** Default: the holder is not a member of a pool. */
      member?: ArrivingMember | null;
    }
  | { type: "message"; connectionId: string; holderId: string; message: HolderMessage }
  | { type: "closed"; connectionId: string }
  /** The URLs for a lease's offer were sent to its holder. */
  | { type: "presigned"; leaseId: string }
  | { type: "checked"; leaseId: string; verdict: GateVerdict }
  /** A chore is done. `forState`: the job's state when the chore was started. */
  | { type: "chore-done"; kind: ChoreKind; forState: JobState }
  /** Accepted objects with these keys are missing or changed in storage. */
  | { type: "outputs-lost"; keys: readonly string[] }
  | { type: "cancel" }
  /** The owner changed the video's title; null: the file's name is shown. */
  | { type: "titled"; title: string | null }
  /** The call for a server failed for good. */
  | { type: "server-given-up"; holderId: string }
  /** A member of the pool lied in another job. Its unproven results in this job are made again. */
  | { type: "pool-ban"; memberId: string }
  /** A member has left the pool, and is removed from the job. */
  | { type: "pool-dismiss"; memberId: string }
  /** Number of the site's servers that the pool lends to the job. */
  | { type: "pool-servers"; servers: number }
  /** The pool no longer helps with the job. Its members are removed. */
  | { type: "pool-left" }
  /** The owner removes contributors: one, or all that joined by certain links. */
  | { type: "send-away"; holderId: string | null; principals: string[] }
  /** Time has passed. This event may come late, twice, or without need. */
  | { type: "tick" }
  /**
   * The object was evicted and is loaded again. These sockets have survived; the state of all work under way is
   * unknown.
   */
  | { type: "resume"; connectionIds: string[] };

/**
 * Decides what follows from an event. A pure function: it reads `state`, and returns the changes to it and the effects
 * to carry out afterwards. Every event also handles what has become due, because alarms may come late.
 * @param random a number in [0, 1) that nobody can predict; it draws the results that are audited
 */
export function schedule(
  state: State,
  event: Event,
  nowMs: number,
  random: () => number,
): Decision {
  const draft = new Draft(state, nowMs, random);
  const isDue = nowMs >= state.dueMs || event.type === "resume";
  if (isDue && !hasEnded(draft.job.state)) expire(draft);
  decide(draft, event);
  if (!hasEnded(draft.job.state)) {
    if (isDue) {
      checkDueLeases(draft);
      forgetOldAsks(draft);
    }
    if (isDue || event.type === "hello" || event.type === "closed") watchForHolders(draft);
    // Most events are heartbeats, from up to a thousand holders. They start no assignment round.
    if (isDue || draft.hasMoved) {
      settleUnverified(draft);
      assign(draft);
      stageChunks(draft);
      callServers(draft);
    }
  }
  runChores(draft);
  return { changes: draft.changes, effects: draft.effects, isSettled: isDue };
}

function decide(draft: Draft, event: Event): void {
  switch (event.type) {
    case "hello":
      hello(draft, { ...event, member: event.member ?? null });
      return;
    case "message":
      message(draft, event.connectionId, event.holderId, event.message);
      return;
    case "closed":
      for (const holder of draft.holders()) {
        if (holder.connectionId === event.connectionId) disconnect(draft, holder);
      }
      return;
    case "presigned": {
      const lease = draft.lease(event.leaseId);
      if (lease?.phase === "offered") draft.patchLease(lease.id, { phase: "uploading" });
      return;
    }
    case "checked": {
      const lease = draft.lease(event.leaseId);
      if (lease !== undefined) takeVerdict(draft, lease, event.verdict);
      return;
    }
    case "chore-done":
      choreDone(draft, event.kind, event.forState);
      return;
    case "outputs-lost":
      makeAgain(draft, event.keys);
      return;
    case "cancel":
      if (!hasEnded(draft.job.state)) {
        endJob(draft, "cancelled", { code: "CANCELLED", message: "The job was cancelled." });
      }
      return;
    case "titled":
      draft.patchJob({ title: event.title });
      return;
    case "server-given-up":
      serverGivenUp(draft, event.holderId);
      return;
    case "send-away":
      for (const holder of draft.holders()) {
        const isMeant = holder.id === event.holderId || event.principals.includes(holder.principal);
        if (holder.role === "contributor" && isMeant) sendAway(draft, holder.id, ENDED_BY_OWNER);
      }
      return;
    case "pool-ban":
      banMember(draft, event.memberId);
      return;
    case "pool-dismiss":
      for (const { id, pool } of draft.holders()) {
        if (pool?.memberId === event.memberId) sendAway(draft, id, DISMISSED);
      }
      return;
    case "pool-servers":
      draft.patchJob({ lentServers: event.servers });
      return;
    case "pool-left":
      draft.patchJob({ pool: null, lentServers: 0 });
      for (const { id, pool } of draft.holders()) {
        if (pool !== null) sendAway(draft, id, ENDED_BY_OWNER);
      }
      return;
    case "resume":
      resume(draft, event.connectionIds);
      return;
    case "tick":
      return;
  }
}
