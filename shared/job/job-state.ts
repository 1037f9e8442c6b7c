/** The states that a job never leaves. In a file of their own: pages use them without the schemas of job.ts. */
export const END_STATES = ["ready", "failed", "cancelled"] as const;
export type EndState = (typeof END_STATES)[number];

/** Whether a job in this state has ended; false where there is no job. */
export function hasEnded(state: string | undefined): state is EndState {
  return END_STATES.some((end) => end === state);
}
