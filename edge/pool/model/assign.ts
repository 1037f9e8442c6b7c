import type { Engine } from "../../../shared/job/job.ts";
import { type Need, shares } from "./shares.ts";

/** Assigns members to jobs. Pure functions: the same pool and jobs give the same moves. */

/** A connected member, as the assignment sees it. */
export interface Machine {
  memberId: string;
  /** Pixels per second of all its encoders together; an average where its speed is unknown. */
  speed: number;
  slots: number;
  engines: readonly Engine[];
  /** The job that it helps with. */
  jobId: string | null;
  assignedAtMs: number;
  /** Whether it holds a lease of that job. */
  isBusy: boolean;
  /** Ids of jobs that refused the machine. */
  refused: readonly string[];
}

/** A job that asks for help, as the assignment sees it. */
export interface Demand extends Need {
  /** Only a browser's own codecs, or native ffmpeg, decode the source. */
  needsBrowser: boolean;
}

/** A member's new job. */
export interface Move {
  memberId: string;
  /** Null: no job can use it. */
  jobId: string | null;
}

/**
 * Milliseconds for which a member stays at least with a job that can use it. Each move costs a connection and a chunk.
 */
const STAY_MS = 15_000;
/**
 * A member may leave a job that has more than its share by at least this part of the member's speed, and join one that
 * lacks at least this part.
 */
const TOO_MUCH = 0.6;
const MISSING = 0.4;

/** Whether the member's machine can decode the job's source, and the job has not refused it. */
export function canHelp(
  { engines, refused }: Machine,
  { jobId, needsBrowser }: Pick<Demand, "jobId" | "needsBrowser">,
): boolean {
  const decodesAll = engines.includes("webcodecs") || engines.includes("ffmpeg-native");
  return !refused.includes(jobId) && (!needsBrowser || decodesAll);
}

/** Moves that bring each job as close to its share of the pool as whole machines allow. */
export function assign(
  machines: readonly Machine[],
  demands: readonly Demand[],
  nowMs: number,
): Move[] {
  const speed = machines.reduce((sum, machine) => sum + machine.speed, 0);
  const hall = new Hall(machines, demands, shares(demands, speed));
  hall.leaveUnusable();
  hall.leaveCrowded(nowMs);
  hall.fill();
  hall.spread();
  return hall.moves();
}

class Hall {
  readonly #machines: readonly Machine[];
  readonly #demands: ReadonlyMap<string, Demand>;
  readonly #targets: ReadonlyMap<string, number>;
  readonly #at = new Map<string, string | null>();
  readonly #has = new Map<string, number>();
  readonly #full = new Set<string>();
  #free: Machine[] = [];

  constructor(
    machines: readonly Machine[],
    demands: readonly Demand[],
    targets: ReadonlyMap<string, number>,
  ) {
    this.#machines = machines;
    this.#demands = new Map(demands.map((demand) => [demand.jobId, demand]));
    this.#targets = targets;
    for (const machine of machines) {
      this.#at.set(machine.memberId, machine.jobId);
      if (machine.jobId === null) this.#free.push(machine);
      else this.#add(machine.jobId, machine.speed);
    }
  }

  /** Takes machines from jobs that are over or cannot use more help. */
  leaveUnusable(): void {
    for (const machine of this.#machines) {
      if (machine.jobId === null) continue;
      const demand = this.#demands.get(machine.jobId);
      const isOfUse = demand !== undefined && demand.demand > 0 && canHelp(machine, demand);
      if (!isOfUse) this.#leave(machine);
    }
  }

  /**
   * Takes machines from jobs above their share while other jobs lack some. Idle machines are taken first, then those
   * assigned last.
   */
  leaveCrowded(nowMs: number): void {
    const staying = this.#machines
      .filter(({ memberId }) => this.#at.get(memberId) !== null)
      .sort(
        (a, b) =>
          Number(a.isBusy) - Number(b.isBusy) ||
          b.assignedAtMs - a.assignedAtMs ||
          compare(a.memberId, b.memberId),
      );
    for (const machine of staying) {
      const { jobId, speed, assignedAtMs } = machine;
      if (jobId === null || nowMs - assignedAtMs < STAY_MS) continue;
      const over = this.#of(jobId) - this.#target(jobId);
      if (over < TOO_MUCH * speed) continue;
      const isMissed = [...this.#demands.values()].some((demand) => {
        return (
          demand.jobId !== jobId &&
          canHelp(machine, demand) &&
          this.#missing(demand) >= MISSING * speed
        );
      });
      if (isMissed && this.#missingBeyondFree() >= MISSING * speed) this.#leave(machine);
    }
  }

  /** Gives free machines to the jobs that lack the largest part of their share. */
  fill(): void {
    while (this.#free.length > 0) {
      const jobs = [...this.#demands.values()]
        .map((demand) => ({ demand, part: this.#missing(demand) / this.#target(demand.jobId) }))
        .filter(({ demand, part }) => part > 1e-6 && !this.#full.has(demand.jobId))
        .filter(({ demand }) => this.#free.some((machine) => canHelp(machine, demand)))
        // Jobs whose source few machines can decode choose first.
        .sort(
          (a, b) =>
            Number(b.demand.needsBrowser) - Number(a.demand.needsBrowser) ||
            b.part - a.part ||
            compare(a.demand.jobId, b.demand.jobId),
        );
      const [first] = jobs;
      if (first === undefined) break;
      const machine = this.#bestFor(first.demand);
      if (machine === undefined) {
        // All free machines are too fast for what is missing, so the job counts as full.
        this.#full.add(first.demand.jobId);
        continue;
      }
      this.#free = this.#free.filter((each) => each !== machine);
      this.#at.set(machine.memberId, first.demand.jobId);
      this.#add(first.demand.jobId, machine.speed);
    }
  }

  /** Gives the remaining machines to jobs that can use more than their share. */
  spread(): void {
    for (const machine of this.#free) {
      const [job] = [...this.#demands.values()]
        .filter((demand) => canHelp(machine, demand))
        .filter(({ jobId, demand }) => demand - this.#of(jobId) >= MISSING * machine.speed)
        .sort(
          (a, b) =>
            this.#of(a.jobId) / this.#target(a.jobId) - this.#of(b.jobId) / this.#target(b.jobId) ||
            compare(a.jobId, b.jobId),
        );
      if (job === undefined) continue;
      this.#at.set(machine.memberId, job.jobId);
      this.#add(job.jobId, machine.speed);
    }
  }

  moves(): Move[] {
    return this.#machines.flatMap(({ memberId, jobId }) => {
      const at = this.#at.get(memberId) ?? null;
      return at === jobId ? [] : [{ memberId, jobId: at }];
    });
  }

  /** The fastest machine that fits into the missing speed. A job without any machine gets the slowest one. */
  #bestFor(demand: Demand): Machine | undefined {
    const missing = this.#missing(demand);
    const able = this.#free
      .filter((machine) => canHelp(machine, demand))
      .sort((a, b) => b.speed - a.speed || compare(a.memberId, b.memberId));
    const fitting = able.find(({ speed }) => MISSING * speed <= missing);
    return fitting ?? (this.#of(demand.jobId) === 0 ? able.at(-1) : undefined);
  }

  #leave(machine: Machine): void {
    const jobId = this.#at.get(machine.memberId) ?? null;
    if (jobId === null) return;
    this.#add(jobId, -machine.speed);
    this.#at.set(machine.memberId, null);
    this.#free.push(machine);
  }

  #missingBeyondFree(): number {
    const missing = [...this.#demands.values()].reduce((sum, each) => sum + this.#missing(each), 0);
    return missing - this.#free.reduce((sum, { speed }) => sum + speed, 0);
  }

  #missing({ jobId }: Pick<Demand, "jobId">): number {
    return Math.max(0, this.#target(jobId) - this.#of(jobId));
  }

  #target(jobId: string): number {
    return this.#targets.get(jobId) ?? 0;
  }

  #of(jobId: string): number {
    return Math.max(0, this.#has.get(jobId) ?? 0);
  }

  #add(jobId: string, speed: number): void {
    this.#has.set(jobId, (this.#has.get(jobId) ?? 0) + speed);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
