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
   * A holder showed a token that is good for its role. `principal` names the token, `network` where the
   * holder is, as far as the edge sees it; the id in `hello` is the one that the coordinator gave it.
   */
  | {
      type: "hello";
      connectionId: string;
      principal: string;
      network: string | null;
      hello: HelloFacts;
      /** Default: it is no member of a pool. */
      member?: ArrivingMember | null;
    }
  | { type: "message"; connectionId: string; holderId: string; message: HolderMessage }
  | { type: "closed"; connectionId: string }
  /** The holder has the URLs it offered for. */
  | { type: "presigned"; leaseId: string }
  | { type: "checked"; leaseId: string; verdict: GateVerdict }
  /** `forState`: the job's state when the chore was begun. */
  | { type: "chore-done"; kind: ChoreKind; forState: JobState }
  /** Accepted objects under these keys are missing in storage. */
  | { type: "outputs-lost"; keys: readonly string[] }
  | { type: "cancel" }
  /** The owner changed the video's title; null: the file's name is shown. */
  | { type: "titled"; title: string | null }
  /** The call for a server failed for good. */
  | { type: "server-given-up"; holderId: string }
  /** A member of the pool lied in another job: what it made here is made again. */
  | { type: "pool-ban"; memberId: string }
  /** A member is no longer of the pool: it goes. */
  | { type: "pool-dismiss"; memberId: string }
  /** The pool helps no more; its members go. */
  | { type: "pool-left" }
  /** The owner removes contributors: one, or all that came with a link's token. */
  | { type: "send-away"; holderId: string | null; principals: string[] }
  /** Time went by. May come late, twice, or without need. */
  | { type: "tick" }
  /** The object was evicted and is back: these sockets survived, all work under way is unknown. */
  | { type: "resume"; connectionIds: string[] };

/**
 * Decides what an event means. Pure: reads `state`, returns what to change in it and what to do
 * outside afterwards. Every event also does what time has made due, since alarms may come late.
 * @param random in [0, 1), to be foreseen by nobody: by it the results that are audited are drawn
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
    // Most events are heartbeats, of a thousand holders: nothing is walked for them.
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
    case "pool-left":
      draft.patchJob({ pool: null });
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
