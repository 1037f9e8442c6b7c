import type { Source } from "../../shared/ingest/read/source.ts";
import type { TributaryError } from "../../shared/job/errors.ts";
import type { EdgeClient } from "../edge-client.ts";
import { enginesOf } from "../encoder/capability.ts";
import type { TaskPool } from "../encoder/pool.ts";
import { HolderSession } from "../holder/session.ts";
import { randomId } from "../random-id.ts";
import { preferenceFor, slotCountFor } from "./choices.ts";
import type { JobAddress, OwnerOptions, ResumableJob } from "./owner-api.ts";
import type { PlannedFile } from "./planned-file.ts";
import { whyUnreadable } from "./readable.ts";

export interface OwnSessionParts {
  client: EdgeClient;
  options: OwnerOptions;
  /** Null while the tab only watches. */
  file: PlannedFile | null;
  /** Null where this tab encodes nothing. */
  pool: TaskPool | null;
  onChange(): void;
  /** The file cannot be read any more, so this session cannot cut chunks any more. */
  onFileAway(error: TributaryError): void;
  /** The encoders' scripts cannot be loaded any more; this tab cannot encode until it is reloaded. */
  onScriptGone(error: TributaryError): void;
}

/** Connects this tab to a job as its owner. */
export function openOwnSession(
  { jobId, ownerToken }: ResumableJob,
  { client, options, file, pool, onChange, onFileAway, onScriptGone }: OwnSessionParts,
): HolderSession {
  const preference = preferenceFor(options, file?.facts.fastRefusal ?? null);
  return new HolderSession({
    client,
    jobId,
    token: ownerToken,
    identity: {
      role: "owner",
      holderId: randomId(),
      name: "Your tab",
      device: "browser",
      engines: enginesOf(preference),
    },
    source: file === null ? null : watched(file, onFileAway),
    plan: file?.plan ?? null,
    pool,
    // The browser's codecs finish a task within a few round trips, so they need one more task in advance.
    prefetch: preference === "ffmpeg" ? 1 : 2,
    slots: pool === null ? 0 : slotCountFor(options, file?.facts ?? null),
    onChange,
    onScriptGone,
  });
}

/** The source's cutter; before it throws, it reports a file that cannot be read any more. */
function watched(
  { file, source }: PlannedFile,
  onFileAway: OwnSessionParts["onFileAway"],
): Pick<Source, "cutChunk"> {
  return {
    cutChunk: async (grant, signal) => {
      try {
        return await source.cutChunk(grant, signal);
      } catch (thrown) {
        // Each reader throws an error of its own, so the file itself is checked.
        const away = signal.aborted ? null : await whyUnreadable(file);
        if (away === null) throw thrown;
        onFileAway(away);
        throw away;
      }
    },
  };
}

/** Addresses of a job's video. */
export function addressOf({
  jobId,
  visibility,
}: Pick<JobAddress, "jobId" | "visibility">): JobAddress {
  const { origin } = self.location;
  return {
    jobId,
    watchUrl: `${origin}/watch/${jobId}`,
    masterUrl: `${origin}/v/${jobId}/master.m3u8`,
    visibility,
  };
}
