import {
  hasEnded,
  type JobSettingsPatch,
  type JobState,
  patchSettings,
} from "../../../shared/job/job.ts";
import type { HolderMessage } from "../../../shared/wire/holder-messages.ts";
import type { GateVerdict } from "../../gate/verdict.ts";
import { assign } from "./assign/assign.ts";
import { claimLease, dropLease, expire, failLease, hear, loseLease, taskIdOf } from "./leases.ts";
import { askAgain, choreDone, endJob, runChores, watchForHolders } from "./lifecycle.ts";
import { checkDueLeases, presign, takeCommit, takeOffer, takeVerdict } from "./results/results.ts";
import { sendAway } from "./results/undo.ts";
import { callServers, serverGivenUp } from "./servers.ts";
import {
  forgetChunk,
  forgetOldAsks,
  stageChunks,
  takeStaged,
  takeStageFailed,
  takeStageOffer,
} from "./staging.ts";
import { Draft } from "./state/draft.ts";
import type { Decision } from "./state/effect.ts";
import { guessSpeed } from "./state/pace.ts";
import { type ChoreKind, type Holder, type Lease, needsHolder } from "./state/records.ts";
import type { State } from "./state/state.ts";
import { failAudit, takeComparison } from "./verify/audits.ts";
import { countFault } from "./verify/faults.ts";
import { settleUnverified } from "./verify/waiver.ts";

type HelloFacts = Omit<Extract<HolderMessage, { type: "hello" }>, "token" | "protocolVersion">;
const ENDED_BY_OWNER = "The owner of the video ended this helper's part.";

type LeaseMessage = Extract<HolderMessage, { leaseId: string }>;

export type Event =
  /** A holder showed a token that is good for its role. `principal` names the token. */
  | { type: "hello"; connectionId: string; principal: string; hello: HelloFacts }
  | { type: "message"; connectionId: string; holderId: string; message: HolderMessage }
  | { type: "closed"; connectionId: string }
  /** The holder has the URLs it offered for. */
  | { type: "presigned"; leaseId: string }
  | { type: "checked"; leaseId: string; verdict: GateVerdict }
  /** `forState`: the job's state when the chore was begun. */
  | { type: "chore-done"; kind: ChoreKind; forState: JobState }
  | { type: "cancel" }
  /** The call for a server failed for good. */
  | { type: "server-given-up"; holderId: string }
  /** The owner removes contributors: one, or all that came with a link's token. */
  | { type: "send-away"; holderId: string | null; principals: string[] }
  /** Time went by. May come late, twice, or without need. */
  | { type: "tick" }
  /** The object was evicted and is back: these sockets survived, all work under way is unknown. */
  | { type: "resume"; connectionIds: string[] };

/**
 * Decides what an event means. Pure: reads `state`, returns what to change in it and what to do
 * outside afterwards. Every event also does what time has made due, since alarms may come late.
 */
export function schedule(state: State, event: Event, nowMs: number): Decision {
  const draft = new Draft(state, nowMs);
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
      hello(draft, event.connectionId, event.principal, event.hello);
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
    case "cancel":
      if (!hasEnded(draft.job.state)) {
        endJob(draft, "cancelled", { code: "CANCELLED", message: "The job was cancelled." });
      }
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
    case "resume":
      resume(draft, event.connectionIds);
      return;
    case "tick":
      return;
  }
}

/** A holder comes, or comes back: the leases it still works on go on where nobody else took the task. */
function hello(draft: Draft, connectionId: string, principal: string, said: HelloFacts): void {
  const known = draft.holder(said.holderId);
  if (known !== undefined && known.principal !== principal) {
    const message = "Another token speaks for this holder.";
    draft.effects.push({
      type: "send",
      connectionId,
      message: { type: "error", code: "FORBIDDEN", message },
    });
    return;
  }
  if (known?.banned) {
    draft.effects.push({ type: "ban", connectionId, message: "This helper was sent away." });
    return;
  }
  const holder = draft.putHolder({
    id: said.holderId,
    role: said.role,
    principal,
    name: said.name,
    device: said.device,
    slots: said.slots,
    engines: said.engines,
    hasSource: said.hasSource && said.role !== "contributor",
    want: said.want ?? 0,
    connectionId,
    silent: false,
    agreed: known?.agreed ?? 0,
    faults: known?.faults ?? 0,
    banned: false,
    tasksDone: known?.tasksDone ?? 0,
    mediaTicks: known?.mediaTicks ?? 0,
    workMs: known?.workMs ?? 0,
    guessedSpeed: known?.guessedSpeed ?? 0,
  });
  const named = new Set(said.leases);
  const adopted = said.leases.filter((id) => mayGoOn(draft, holder, id));
  for (const lease of draft.leases()) {
    const isGone = lease.holderId === holder.id && !named.has(lease.id);
    if (isGone && lease.phase !== "checking") dropLease(draft, lease);
  }
  const wanted = said.want === undefined ? {} : { wanted: said.want };
  draft.effects.push({ type: "welcome", connectionId, holderId: holder.id, adopted, ...wanted });
}

function mayGoOn(draft: Draft, holder: Holder, leaseId: string): boolean {
  const lease = draft.lease(leaseId);
  if (lease?.holderId === holder.id) return claimLease(draft, lease) !== undefined;
  // Accepted while nobody listened: it asks again and is told.
  return wasAccepted(draft, holder, leaseId);
}

function wasAccepted(draft: Draft, holder: Holder, leaseId: string): boolean {
  const done = draft.task(taskIdOf(leaseId))?.done;
  return done?.leaseId === leaseId && done.holderId === holder.id;
}

function message(draft: Draft, connectionId: string, holderId: string, said: HolderMessage): void {
  const holder = draft.holder(holderId);
  // A holder that came back with a new socket no longer speaks through the old one.
  if (holder === undefined || holder.connectionId !== connectionId) return;
  if (holder.silent) draft.patchHolder(holderId, { silent: false });
  switch (said.type) {
    case "want":
      draft.patchHolder(holderId, { want: said.slots });
      return;
    case "renew":
      for (const { leaseId, progress, workMs } of said.leases) {
        const lease = leaseOf(draft, holder, leaseId);
        if (lease === undefined) continue;
        hear(draft, lease, progress);
        guessSpeed(draft, lease, progress, workMs ?? 0);
      }
      return;
    case "offer":
      if (said.want !== undefined) draft.patchHolder(holderId, { want: said.want });
      aboutLease(draft, holder, said);
      return;
    case "commit":
    case "compared":
    case "fail":
    case "release":
      aboutLease(draft, holder, said);
      return;
    case "stage-offer":
      takeStageOffer(draft, holder, said);
      return;
    case "staged":
      takeStaged(draft, holder, said.taskId);
      return;
    case "stage-failed":
      takeStageFailed(draft, holder, said);
      return;
    case "settings":
      if (holder.role === "owner") takeSettings(draft, said.settings);
      return;
    default:
      // A second hello.
      draft.effects.push({
        type: "send",
        connectionId,
        message: { type: "error", code: "MESSAGE_INVALID", message: `Unexpected ${said.type}.` },
      });
  }
}

function aboutLease(draft: Draft, holder: Holder, said: LeaseMessage): void {
  const lease = leaseOf(draft, holder, said.leaseId);
  const task = lease === undefined ? undefined : draft.planned.get(lease.taskId);
  if (lease === undefined || task === undefined) return;
  // Who is to look at a result makes none.
  if (lease.purpose === "compare" && (said.type === "offer" || said.type === "commit")) {
    dropLease(draft, lease);
    draft.send(holder.id, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
    return;
  }
  switch (said.type) {
    case "offer":
      takeOffer(draft, task, lease, said.outputs);
      return;
    case "commit":
      takeCommit(draft, lease, said);
      return;
    case "compared":
      takeComparison(draft, lease, said);
      return;
    case "fail": {
      if (said.code === "CANCELLED" || said.code === "LEASE_LOST") {
        dropLease(draft, lease);
        return;
      }
      // Only those who have the source can say that it will never work.
      const final = !said.retryable && holder.role !== "contributor";
      if (said.code === "DOWNLOAD_FAILED") forgetChunk(draft, lease.taskId);
      const failure = { code: said.code, message: said.message, final };
      if (draft.task(lease.taskId)?.done != null) failAudit(draft, lease, failure);
      else failLease(draft, lease, failure);
      countFault(draft, holder.id, failure);
      return;
    }
    case "release":
      dropLease(draft, lease);
  }
}

function takeSettings(draft: Draft, settings: JobSettingsPatch): void {
  draft.patchJob({ settings: patchSettings(draft.job.settings, settings) });
}

/** The holder's lease, taken up again if it was lost; else the holder is told how it stands. */
function leaseOf(draft: Draft, holder: Holder, leaseId: string): Lease | undefined {
  const lease = draft.lease(leaseId);
  const claimed = lease?.holderId === holder.id ? claimLease(draft, lease) : undefined;
  if (claimed !== undefined) return claimed;
  if (wasAccepted(draft, holder, leaseId)) {
    draft.send(holder.id, { type: "accepted", leaseId });
  } else {
    const code = hasEnded(draft.job.state) ? "JOB_ENDED" : "LEASE_LOST";
    draft.send(holder.id, { type: "revoke", leaseId, code });
  }
  return undefined;
}

function disconnect(draft: Draft, holder: Holder): void {
  draft.patchHolder(holder.id, { connectionId: null, want: 0 });
  for (const lease of draft.leases()) {
    if (lease.holderId === holder.id && needsHolder(lease)) loseLease(draft, lease);
  }
}

function resume(draft: Draft, connectionIds: readonly string[]): void {
  const alive = new Set(connectionIds);
  for (const holder of draft.holders()) {
    const { connectionId } = holder;
    if (connectionId !== null && !alive.has(connectionId)) disconnect(draft, holder);
  }
  for (const lease of draft.leases()) {
    if (lease.phase === "offered") presign(draft, lease);
    if (lease.phase === "checking") draft.patchLease(lease.id, { checkDueAtMs: draft.nowMs });
  }
  askAgain(draft);
}
