import { isDeepStrictEqual } from "node:util";
import { earliestDeadlineMs } from "../../edge/coordinator/schedule/deadlines.ts";
import type { Lease, TaskRecord } from "../../edge/coordinator/schedule/state/records.ts";
import type { State } from "../../edge/coordinator/schedule/state/state.ts";
import { hasEnded } from "../../shared/job/job.ts";

/** @throws Error with the message unless the condition holds */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Checks what must hold at any time. @throws Error where it does not */
export function checkAlways(state: State): void {
  must(state.dueMs <= earliestDeadlineMs(state), "a deadline would be missed");
  let done = 0;
  for (const task of state.tasks.values()) {
    const live = [...state.leases.values()].filter(
      (lease) => lease.taskId === task.id && lease.phase !== "lost",
    );
    must(
      isDeepStrictEqual(live.map(({ id }) => id).sort(), [...task.leases].sort()),
      `${task.id} lists ${task.leases}, live are ${live.map(({ id }) => id)}`,
    );
    const holders = new Set(live.map(({ holderId }) => holderId));
    must(
      holders.size === live.length && live.length <= 3,
      `${task.id} is made ${live.length} times`,
    );
    must((task.state === "done") === (task.done !== null), `${task.id} is ${task.state}`);
    must(
      task.state === "done" || (task.state === "leased") === live.length > 0,
      `${task.id} is ${task.state} with ${live.length} leases`,
    );
    checkVerification(task);
    must(task.failures <= 3, `${task.id} failed ${task.failures} times`);
    must(
      task.state !== "failed" || state.job.state === "failed",
      `${task.id} failed, and the job goes on`,
    );
    if (task.state === "done") done += 1;
  }
  must(state.job.tasksDone === done, `${state.job.tasksDone} tasks are counted, ${done} are done`);
  for (const lease of state.leases.values()) checkLease(state, lease);
  const inits = new Set([...state.inits.values()].map(({ key }) => key));
  for (const { initKey, key } of state.accepted.values()) {
    must(inits.has(initKey), `${key} needs ${initKey}, of which there is no record`);
  }
  const isAll = done === state.tasks.size;
  must(state.job.state !== "ready" || isAll, "ready before all is done");
  must(state.job.state !== "ready" || state.unclear.size === 0, "ready before all is clear");
  const renditions = state.plan.video.length + state.plan.audio.length;
  must(
    !isAll || state.accepted.size === renditions * state.plan.segments.length,
    "all is done, and something is missing",
  );
}

function checkVerification({ id, done, leases, verification }: TaskRecord): void {
  const { state } = verification;
  const isOfResult = state === "verified" || state === "audit-due" || state === "auditing";
  must(!isOfResult || done !== null, `${id} is ${state} without a result`);
  must(state !== "disputed" || done === null, `${id} is disputed and has a result`);
  must(
    done === null || (state === "auditing") === leases.length > 0,
    `${id} is ${state} with the leases ${leases}`,
  );
  const mayHaveClaims = state !== "disputed" || verification.claims.length > 1;
  must(mayHaveClaims, `${id} is disputed by one alone`);
}

function checkLease(state: State, lease: Lease): void {
  must(!hasEnded(state.job.state), `${lease.id} outlived the job`);
  must(state.beats.has(lease.id), `${lease.id} has no heartbeat`);
  const task = state.tasks.get(lease.taskId);
  const isLive = lease.phase !== "lost";
  must(!isLive || lease.purpose === "make" || task?.done !== null, `${lease.id} compares nothing`);
  const holder = state.holders.get(lease.holderId);
  const isHeld = lease.phase === "lost" || lease.phase === "checking";
  must(isHeld || holder?.connectionId !== null, `${lease.id} is held by nobody`);
}
