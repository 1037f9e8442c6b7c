import type { TaskRecord } from "../../edge/coordinator/schedule/state/records.ts";
import type { Changes } from "../../edge/coordinator/schedule/state/state.ts";
import type { Traits } from "./holder.ts";

interface LeaseLine {
  holderId: string;
  kind: string;
  grantedAtMs: number;
  /** Phases that it went through, with the time of each. */
  phases: string[];
  phase: string;
}

/** A record of leases, collected from the scheduler's changes: which holder had which task, and when. */
export class Timeline {
  readonly #leases = new Map<string, Map<string, LeaseLine>>();
  /** Time at which a task's result was there and could be published, by task. */
  readonly #clearAtMs = new Map<string, number>();

  take(nowMs: number, { leases, tasks }: Changes): void {
    for (const [id, lease] of leases) {
      const taskId = id.slice(0, id.lastIndexOf("_"));
      const known = this.#leases.get(taskId)?.get(id);
      if (lease === null) {
        known?.phases.push(`over ${seconds(nowMs)}`);
      } else if (known === undefined) {
        const lines = this.#leases.get(taskId) ?? new Map<string, LeaseLine>();
        this.#leases.set(taskId, lines);
        const { holderId, grantedAtMs, phase } = lease;
        const task = tasks.get(taskId);
        const isPair = task !== undefined && isPaired(task, id);
        const kind = task?.done != null ? "audit" : isPair ? "pair" : "lease";
        lines.set(id, { holderId, kind, grantedAtMs, phases: [], phase });
      } else if (known.phase !== lease.phase) {
        known.phase = lease.phase;
        known.phases.push(`${lease.phase} ${seconds(nowMs)}`);
      }
    }
    for (const [id, { state, verification }] of tasks) {
      if (state !== "done") this.#clearAtMs.delete(id);
      else if (verification.state === "verified" && !this.#clearAtMs.has(id))
        this.#clearAtMs.set(id, nowMs);
    }
  }

  /** A line for each lease of the tasks that were finished last, in the order of their ends. */
  lines(count: number, holders: readonly Traits[]): string[] {
    const traits = new Map(holders.map((each) => [each.id, each]));
    const last = [...this.#clearAtMs]
      .sort((a, b) => a[1] - b[1])
      .slice(count === 0 ? Number.POSITIVE_INFINITY : -count);
    return last.flatMap(([taskId, atMs]) => [
      `${taskId}, clear at ${seconds(atMs)}`,
      ...[...(this.#leases.get(taskId) ?? [])].map(([id, line]) => {
        const who = traits.get(line.holderId);
        const leaves =
          who?.leavesAtMs == null ? "" : `, ${who.leaves} at ${seconds(who.leavesAtMs)}`;
        const at = seconds(line.grantedAtMs);
        return `  ${line.kind} ${id}: ${line.holderId} (speed ${who?.speed.toFixed(2)}${leaves}) granted ${at}, ${line.phases.join(", ")}`;
      }),
    ]);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Whether the lease began beside another one of the task, to be compared with it. */
export function isPaired({ verification }: TaskRecord, leaseId: string): boolean {
  return verification.state === "unverified" && verification.pair?.[1] === leaseId;
}
