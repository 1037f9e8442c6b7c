/**
 * A pool member's work, job after job. The current job has the encoders. Tasks that were begun for earlier jobs are
 * finished beside it; the current job gets their encoders as they become free.
 */

/** The part of one job's lease holder that is used here. */
export interface JobSession {
  setSlots(slots: number): void;
  /** Accepts no new leases, gives back those that are not begun, and finishes the others. */
  drain(): void;
  /** Number of leases that are not over. */
  readonly held: number;
  /** Stops all work at once. */
  stop(): void;
}

export interface MemberSessionsOptions<S extends JobSession> {
  slots: number;
  /** Begins to help with a job. The caller then calls `changed` whenever the session's leases change. */
  open(jobId: string, pass: string, slots: number): S;
  /** The session is over and stopped. */
  onClosed?(jobId: string, session: S): void;
}

/** The sessions of one pool member: that of its current job, and those of earlier jobs that are being finished. */
export class MemberSessions<S extends JobSession> {
  readonly #options: MemberSessionsOptions<S>;
  #slots: number;
  #current: { jobId: string; session: S; slots: number } | null = null;
  readonly #draining = new Map<string, S>();

  constructor(options: MemberSessionsOptions<S>) {
    this.#options = options;
    this.#slots = options.slots;
  }

  /** Id of the current job; null: none. */
  get jobId(): string | null {
    return this.#current?.jobId ?? null;
  }

  /** Sessions of all jobs. */
  sessions(): S[] {
    return [...(this.#current === null ? [] : [this.#current.session]), ...this.#draining.values()];
  }

  /** Helps with this job from now on. */
  assign(jobId: string, pass: string): void {
    if (this.#current?.jobId === jobId) return;
    this.rest();
    // The session is still finishing tasks of this job: it is used again.
    const before = this.#draining.get(jobId);
    this.#draining.delete(jobId);
    const slots = this.#free();
    const session = before ?? this.#options.open(jobId, pass, slots);
    if (before !== undefined) before.setSlots(slots);
    this.#current = { jobId, session, slots };
  }

  /** Accepts no new leases. Tasks that are under way are finished. */
  rest(): void {
    if (this.#current === null) return;
    const { jobId, session } = this.#current;
    this.#current = null;
    this.#draining.set(jobId, session);
    session.drain();
    this.changed();
  }

  /** Sets the number of encoders; 0 pauses. */
  setSlots(slots: number): void {
    this.#slots = slots;
    if (slots === 0) this.rest();
    this.changed();
  }

  /** To be called when a session's leases may have changed. */
  changed(): void {
    for (const [jobId, session] of this.#draining) {
      if (session.held === 0) this.#close(jobId, session);
    }
    const slots = this.#free();
    if (this.#current === null || this.#current.slots === slots) return;
    this.#current.slots = slots;
    this.#current.session.setSlots(slots);
  }

  /** To be called when the job is over, or excludes this member. */
  end(jobId: string): void {
    const draining = this.#draining.get(jobId);
    if (draining !== undefined) this.#close(jobId, draining);
    if (this.#current?.jobId === jobId) {
      const { session } = this.#current;
      this.#current = null;
      this.#close(jobId, session);
    }
    this.changed();
  }

  stop(): void {
    for (const [jobId, session] of this.#draining) this.#close(jobId, session);
    if (this.#current !== null) this.end(this.#current.jobId);
  }

  /** Encoders that no earlier job uses. At least one while earlier jobs use all, but never more than one too many. */
  #free(): number {
    const held = [...this.#draining.values()].reduce((sum, { held: each }) => sum + each, 0);
    return Math.min(this.#slots, Math.max(0, this.#slots - held, held <= this.#slots ? 1 : 0));
  }

  #close(jobId: string, session: S): void {
    this.#draining.delete(jobId);
    session.stop();
    this.#options.onClosed?.(jobId, session);
  }
}
