import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import type { HolderView, JobView, TaskView } from "../../shared/wire/job-view.ts";

/** Media seconds that one slot of a lease holder encodes per second, by the holder's id. */
export type SlotSpeeds = ReadonlyMap<string, number>;

/** Work of video tasks (`videoWorkTicks`) in seconds of video, by task id. */
export type TaskWork = ReadonlyMap<string, number>;

/** Forecasts how long the rest of a job takes, task by task in the order of work. Pure. */

/** Time from the last accepted result to a ready video: the last check and the playlists. */
const CLOSING_SECONDS = 1;
/** Time to check a trusted holder's upload, which is only read back. */
const READ_BACK_SECONDS = 0.5;
/** Number of a helper's first results that are all audited, as in the coordinator's trust.ts. */
const PROBATION = 3;

/**
 * Cost of an audit, as a share of the cost of making the result. The work is the same, but most audits come last,
 * when helpers on the same device or line have ended. Measured: 0.5 to 1.
 */
export const AUDIT_COST = 0.65;

/** Cost of an audio task, as a share of the cost of video of the same length. */
const AUDIO_COST = 0.05;

/** After so many tasks for each slot, the slow first ones weigh little in the average speed. */
const TELLING_TASKS = 10;
/** With less trust than this, the average speed alone is not used. */
const LEAST_TRUST = 0.4;

interface Slot {
  holder: HolderView;
  speed: number;
  freeAtSeconds: number;
}

/**
 * Seconds until the job is ready; null where no holder's speed is known. Each task goes to the slot that would be done
 * first. The owner or a server audits helpers' results as far as the policy asks.
 * @param live progress of this tab's leases, by task id, 0..1
 * @param work work of each video task; null where this tab has no plan
 */
export function secondsToEnd(
  job: JobView,
  speeds: SlotSpeeds,
  live: ReadonlyMap<string, number>,
  work: TaskWork | null,
): number | null {
  const slots = slotsOf(job.holders, speeds);
  const trusted = slots.filter(({ holder }) => isTrusted(holder));
  if (slots.length === 0) return null;
  const secondsOf = workSecondsOf(job, work);
  const holders = new Map(job.holders.map((holder) => [holder.id, holder]));
  const results = new Map<string, number>();
  const audits: { media: number; fromSeconds: number; by: string }[] = [];
  const count = (by: string) => results.set(by, (results.get(by) ?? 0) + 1);
  const at = (task: TaskView, free: readonly Slot[], share: number) => {
    const media = secondsOf(task) * share;
    const slot = soonest(free, media);
    slot.freeAtSeconds += media / slot.speed;
    if (isTrusted(slot.holder)) return;
    count(slot.holder.id);
    audits.push({
      media: secondsOf(task) * AUDIT_COST,
      fromSeconds: slot.freeAtSeconds,
      by: slot.holder.id,
    });
  };

  const tasks = job.tasks.filter(({ kind }) => kind === "video");
  let lastSeconds = 0;
  for (const task of tasks) {
    const maker = holders.get(task.holder ?? "");
    const isOthers = maker !== undefined && !isTrusted(maker);
    if (isOthers && (task.state === "done" || task.state === "checking")) count(maker.id);
    if (task.state !== "checking") continue;
    lastSeconds = READ_BACK_SECONDS;
    if (!isOthers) continue;
    // For an audit that runs in this tab, the progress is known.
    const media = secondsOf(task) * AUDIT_COST * (1 - (live.get(task.id) ?? 0));
    audits.push({ media, fromSeconds: 0, by: maker.id });
  }
  for (const task of tasks) {
    if (task.state !== "leased") continue;
    const own = slots.filter(({ holder }) => holder.id === task.holder);
    at(task, own.length > 0 ? own : slots, 1 - (live.get(task.id) ?? task.progress));
  }
  for (const task of tasks) {
    if (["waiting", "ready", "backoff"].includes(task.state)) at(task, slots, 1);
  }
  for (const task of job.tasks) {
    if (task.kind !== "audio" || task.state === "done" || task.state === "checking") continue;
    const media = secondsOf(task) * AUDIO_COST * (1 - (live.get(task.id) ?? task.progress));
    const slot = soonest(slots, media);
    slot.freeAtSeconds += media / slot.speed;
  }
  if (trusted.length > 0) {
    const left = auditsLeft(job, results, audits);
    for (const { media, fromSeconds } of left) {
      const slot = soonest(trusted, media);
      slot.freeAtSeconds = Math.max(slot.freeAtSeconds, fromSeconds) + media / slot.speed;
    }
  }
  const end = Math.max(lastSeconds, ...slots.map(({ freeAtSeconds }) => freeAtSeconds));
  return end + CLOSING_SECONDS;
}

/** The unproven results that will be audited, in order of time. */
function auditsLeft<T extends { by: string; fromSeconds: number }>(
  { settings, tasks }: JobView,
  results: ReadonlyMap<string, number>,
  unproven: readonly T[],
): T[] {
  if (settings.verify === "off") return [];
  const left: T[] = [];
  for (const [by, all] of results) {
    const own = unproven.filter((each) => each.by === by);
    const proven = tasks.filter(
      ({ kind, state, holder }) => kind === "video" && state === "done" && holder === by,
    ).length;
    const more = settings.verify === "all" ? own.length : auditsOf(all) - auditsOf(proven);
    left.push(...own.slice(0, Math.max(Math.min(1, own.length), Math.ceil(more))));
  }
  return left.sort((a, b) => a.fromSeconds - b.fromSeconds);
}

/** Number of audits for a helper's results: all of the first ones, then fewer and fewer, and the last one. */
function auditsOf(results: number): number {
  if (results <= PROBATION) return results;
  return Math.min(results, PROBATION + Math.log2(1 + (results - PROBATION) / 2) + 1);
}

export function isTrusted({ role }: HolderView): boolean {
  return role !== "contributor";
}

/** Work of a task in seconds. Without a plan, and for audio, each segment counts with the average length. */
export function workSecondsOf(job: JobView, work: TaskWork | null): (task: TaskView) => number {
  const average = job.durationTicks / TICKS_PER_SECOND / Math.max(1, job.segmentCount);
  return ({ id, segmentCount }) => work?.get(id) ?? average * segmentCount;
}

function slotsOf(holders: readonly HolderView[], speeds: SlotSpeeds): Slot[] {
  const known = [...speeds.values()];
  const usual = known.length === 0 ? null : known.reduce((sum, each) => sum + each) / known.length;
  return holders
    .filter(({ connected, trust }) => connected && trust !== "banned")
    .flatMap((holder) => {
      // A new holder counts as fast as the others until its first task shows its speed.
      const speed = likelySpeed(holder, speeds.get(holder.id) ?? null) ?? usual;
      if (speed === null || speed <= 0) return [];
      return Array.from({ length: holder.slots }, () => ({ holder, speed, freeAtSeconds: 0 }));
    });
}

/**
 * Mean of a holder's average and present speed, weighted by the number of its tasks. The average over all tasks is
 * steadier than the present speed, which changes with whatever else the device does. But it includes the first tasks,
 * which were slow because encoders were loading.
 */
function likelySpeed({ speed, tasksDone, slots }: HolderView, present: number | null) {
  const trust = Math.min(1, tasksDone / (TELLING_TASKS * slots));
  if (present === null) return trust < LEAST_TRUST ? null : speed;
  if (speed === null) return present;
  return speed ** trust * present ** (1 - trust);
}

/** The slot that would finish so many media seconds first. */
function soonest(slots: readonly Slot[], media: number): Slot {
  return slots.reduce((best, slot) =>
    slot.freeAtSeconds + media / slot.speed < best.freeAtSeconds + media / best.speed ? slot : best,
  );
}
