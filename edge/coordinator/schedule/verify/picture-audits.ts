import type { Task } from "../../../../shared/job/job.ts";
import type { HolderMessage } from "../../../../shared/wire/holder-messages.ts";
import type { OutputToCompare } from "../../../../shared/wire/lease.ts";
import { dropLease } from "../leases.ts";
import { convict, doubt } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import { acceptedId, type Lease, type State } from "../state/state.ts";
import { prove } from "./trust.ts";

type Compared = Extract<HolderMessage, { type: "compared" }>;
type AcceptedOutput = Omit<OutputToCompare, "url"> & { key: string };

/** Somebody trusted has held a result's pictures against the source's, each one. */
export function takeComparison(draft: Draft, lease: Lease, { verdict }: Compared): void {
  dropLease(draft, lease);
  const task = draft.task(lease.taskId);
  if (lease.audit !== "picture" || task?.done == null) {
    draft.send(lease.holderId, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
    return;
  }
  draft.send(lease.holderId, { type: "accepted", leaseId: lease.id });
  if (verdict === "agrees") prove(draft, task, "picture");
  else if (verdict === "lies") convict(draft, task);
  else doubt(draft, task);
}

/** Of a done task: an init segment and all media of each rendition. */
export function acceptedOutputs(state: State, task: Task): AcceptedOutput[] {
  const inits = new Map([...state.inits.values()].map((init) => [init.key, init]));
  return task.renditions.flatMap((rendition) => {
    const media: AcceptedOutput[] = [];
    let initKey = "";
    for (let index = 0; index < task.segmentCount; index += 1) {
      const segment = task.firstSegment + index;
      const accepted = state.accepted.get(acceptedId(rendition, segment));
      if (accepted === undefined) continue;
      initKey = accepted.initKey;
      const { key, sizeBytes } = accepted;
      media.push({ rendition, kind: "media", segment, key, sizeBytes });
    }
    const init = inits.get(initKey);
    if (init === undefined) return media;
    const { key, sizeBytes } = init;
    return [{ rendition, kind: "init", segment: task.firstSegment, key, sizeBytes }, ...media];
  });
}
