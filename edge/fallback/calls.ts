import { z } from "zod";

/** What travels through the queue of server work. Internal, but parsed: an old deployment may have sent it. */
export const serverCallSchema = z.object({
  type: z.literal("serve"),
  jobId: z.string(),
  /** Where the job was created: the container connects and storage is signed there. */
  origin: z.string(),
  holderId: z.string(),
  /** Of the role "server", for this job. */
  token: z.string(),
});
export type ServerCall = z.infer<typeof serverCallSchema>;

/** A server works on a job this long at most before it is called anew. */
export const SERVE_FOR_MS = 12 * 60_000;
