/** The states that a job never leaves. They have their own file so that pages do not load the schemas of job.ts. */
export const END_STATES = ["ready", "failed", "cancelled"] as const;
export type EndState = (typeof END_STATES)[number];

/** Whether a job in this state has ended; false for `undefined` (no job). */
export function hasEnded(state: string | undefined): state is EndState {
  return END_STATES.some((end) => end === state);
}
