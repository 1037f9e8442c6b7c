import { REAL_CLOCK } from "../../../shared/clock.ts";
import { toWireError } from "../../../shared/job/errors.ts";
import { retry } from "../../../shared/retry.ts";
import type { EdgeClient } from "../../edge-client.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import type { DetailsActions } from "./details-panel.tsx";
import type { OwnerLink } from "./owner-link.ts";
import type { ShareActions } from "./share-panel.tsx";

/** Share actions through the worker that runs the job. */
export function shareActionsOf(link: Pick<OwnerLink, "owner">): ShareActions {
  return {
    share: () => link.owner.share({ expiresInMinutes: 1_440, maxContributors: 50 }),
    revoke: () => link.owner.revokeShares(),
    remove: (holderId) => link.owner.removeContributor(holderId),
    stageAll: (on) => link.owner.changeSettings({ stageAll: on }),
    verify: (policy) => link.owner.changeSettings({ verify: policy }),
    unverified: (what) => link.owner.changeSettings({ unverified: what }),
  };
}

/** Actions on details, with the owner's tokens that this browser stores. */
export function detailsActionsOf(
  client: Pick<EdgeClient, "video" | "changeVideo" | "linkVideo" | "withdrawLinks" | "savePoster">,
): DetailsActions {
  const tokenOf = (jobId: string) => ownerTokenOf(jobId) ?? "";
  return {
    read: (jobId) =>
      // The catalogue has a job a moment after it is created.
      retry(() => client.video(jobId, ownerTokenOf(jobId) ?? undefined), {
        clock: REAL_CLOCK,
        tries: 5,
        isRetryable: (thrown) => toWireError(thrown).code === "NOT_FOUND",
      }),
    change: (jobId, patch) => client.changeVideo(jobId, tokenOf(jobId), patch),
    link: (jobId, expiresInMinutes) =>
      client.linkVideo(jobId, tokenOf(jobId), { expiresInMinutes }),
    savePoster: (jobId, jpeg, source) => client.savePoster(jobId, tokenOf(jobId), jpeg, source),
    withdrawLinks: (jobId) => client.withdrawLinks(jobId, tokenOf(jobId)),
  };
}
