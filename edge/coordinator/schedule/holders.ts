import { hasEnded } from "../../../shared/job/job.ts";
import type { HolderMessage } from "../../../shared/wire/holder-messages.ts";
import { claimLease, dropLease, loseLease, taskIdOf } from "./leases.ts";
import { askAgain } from "./lifecycle.ts";
import { presign } from "./results/results.ts";
import { LINK_CLOSED } from "./results/undo.ts";
import type { Draft } from "./state/draft.ts";
import { pixelsPerTick } from "./state/pace.ts";
import { type Holder, type Lease, needsHolder } from "./state/records.ts";
import { newPoolMember } from "./verify/pool-counts.ts";

/** Arrival of holders, the leases that they keep, and their departure. */

/** A hello in which `holderId` is the id that the coordinator assigned, not the secret that the holder sent. */
export type HelloFacts = Omit<Extract<HolderMessage, { type: "hello" }>, "protocolVersion">;

interface Arrival {
  connectionId: string;
  principal: string;
  network: string | null;
  hello: HelloFacts;
  member: ArrivingMember | null;
}

/** A pool member, as described by its pass. */
export interface ArrivingMember {
  memberId: string;
  proven: number;
  /** Pixels that one encoder makes per millisecond; 0: not known. */
  pixelsPerMs: number;
}

/** A holder connects or reconnects. It keeps those of its leases whose tasks nobody else has taken. */
export function hello(
  draft: Draft,
  { connectionId, principal, network, hello: said, member }: Arrival,
): void {
  const known = draft.holder(said.holderId);
  const refusal = draft.link(principal).isClosed
    ? LINK_CLOSED
    : known?.banned === true && "This helper was sent away.";
  if (refusal !== false) {
    draft.effects.push({ type: "ban", connectionId, message: refusal });
    return;
  }
  const holder = draft.putHolder({
    id: said.holderId,
    role: said.role,
    principal,
    network,
    isNamed: known?.isNamed ?? false,
    name: said.name,
    device: said.device,
    slots: said.slots,
    engines: said.engines,
    hasSource: said.hasSource && said.role !== "contributor",
    want: said.want ?? 0,
    connectionId,
    silent: false,
    agreed: known?.agreed ?? member?.proven ?? 0,
    faults: known?.faults ?? 0,
    banned: false,
    tasksDone: known?.tasksDone ?? 0,
    mediaTicks: known?.mediaTicks ?? 0,
    workMs: known?.workMs ?? 0,
    guessedSpeed: known?.guessedSpeed ?? (member?.pixelsPerMs ?? 0) / pixelsPerTick(draft.plan),
    pool: known?.pool ?? (member === null ? null : newPoolMember(member)),
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
  // The result was accepted while the holder was away. The holder will ask about the lease, and is then told.
  return wasAccepted(draft, holder, leaseId);
}

function wasAccepted(draft: Draft, holder: Holder, leaseId: string): boolean {
  const done = draft.task(taskIdOf(leaseId))?.done;
  return done?.leaseId === leaseId && done.holderId === holder.id;
}

/**
 * The holder's lease, which is restored if it was lost. Where that is not possible, undefined, and the holder is told
 * the lease's state.
 */
export function leaseOf(draft: Draft, holder: Holder, leaseId: string): Lease | undefined {
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

/** A holder has disconnected. Leases that need it are lost. Others (such as those being checked) continue. */
export function disconnect(draft: Draft, holder: Holder): void {
  draft.patchHolder(holder.id, { connectionId: null, want: 0 });
  for (const lease of draft.leases()) {
    if (lease.holderId === holder.id && needsHolder(lease)) loseLease(draft, lease);
  }
}

/**
 * Continues everything that was under way before an eviction or hibernation.
 * @param connectionIds ids of the sockets that are still open
 */
export function resume(draft: Draft, connectionIds: readonly string[]): void {
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
