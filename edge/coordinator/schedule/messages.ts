import { coreDecodes } from "../../../shared/encode/core-decoders.ts";
import type { ErrorCode } from "../../../shared/job/errors.ts";
import { type JobSettingsPatch, patchSettings } from "../../../shared/job/job.ts";
import type { HolderMessage } from "../../../shared/wire/holder-messages.ts";
import { leaseOf } from "./holders.ts";
import { dropLease, failLease, hear } from "./leases.ts";
import { watchForHolders } from "./lifecycle.ts";
import { takeCommit, takeOffer } from "./results/results.ts";
import { forgetChunk, takeStaged, takeStageFailed, takeStageOffer } from "./staging.ts";
import type { Draft } from "./state/draft.ts";
import { guessSpeed } from "./state/pace.ts";
import type { Holder, Lease } from "./state/records.ts";
import { failAudit, takeComparison } from "./verify/audits.ts";
import { countFault } from "./verify/faults.ts";
import { drawAll } from "./verify/waiver.ts";

/** Messages of holders after their hello. */

type LeaseMessage = Extract<HolderMessage, { leaseId: string }>;

/** Handles a message of a holder that has said hello. */
export function message(
  draft: Draft,
  connectionId: string,
  holderId: string,
  said: HolderMessage,
): void {
  const holder = draft.holder(holderId);
  // A holder that came back with a new socket no longer speaks through the old one.
  if (holder === undefined || holder.connectionId !== connectionId) return;
  if (holder.silent) {
    draft.patchHolder(holderId, { silent: false });
    watchForHolders(draft);
  }
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
    case "hello":
      // The first hello was handled before any other message.
      draft.effects.push({
        type: "send",
        connectionId,
        message: { type: "error", code: "MESSAGE_INVALID", message: `Unexpected ${said.type}.` },
      });
      return;
    default:
      said satisfies never;
  }
}

function aboutLease(draft: Draft, holder: Holder, said: LeaseMessage): void {
  const lease = leaseOf(draft, holder, said.leaseId);
  const task = lease === undefined ? undefined : draft.planned.get(lease.taskId);
  if (lease === undefined || task === undefined) return;
  // A lease for an audit by pictures makes no result.
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
      if (isWithoutMaker(draft, holder, lease, said.code)) {
        const engines = holder.engines.filter((engine) => engine !== "webcodecs");
        draft.patchHolder(holder.id, { engines });
        dropLease(draft, lease);
        return;
      }
      // Only trusted holders can declare that further attempts are useless.
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
      return;
    default:
      said satisfies never;
  }
}

/**
 * Whether a contributor could not make a video task whose source only browsers' codecs decode: its browser lacks the
 * decoder, or its init segment differs from the rendition's. This is not counted as a fault, and it gets no more such
 * tasks.
 */
function isWithoutMaker(draft: Draft, { role }: Holder, lease: Lease, code: ErrorCode): boolean {
  const isSaid = code === "DECODER_MISSING" || code === "INIT_MISMATCH";
  const isVideo = draft.planned.get(lease.taskId)?.kind === "video";
  const { codec } = draft.plan.source.video;
  return isSaid && role === "contributor" && isVideo && !coreDecodes(codec);
}

function takeSettings(draft: Draft, settings: JobSettingsPatch): void {
  const before = draft.job.settings;
  draft.patchJob({ settings: patchSettings(before, settings) });
  if (draft.job.settings.verify === "all" && before.verify !== "all") drawAll(draft);
}
