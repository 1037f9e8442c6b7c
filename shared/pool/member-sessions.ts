/**
 * A pool member's work, job after job. The job of the moment has the encoders; what was begun for earlier
 * ones is finished beside it, in encoders that the new one gets as they fall free.
 */

/** One job's lease holder, as it is used here. */
export interface JobSession {
  setSlots(slots: number): void;
  /** Takes nothing new, gives back what is not begun, finishes the rest. */
  drain(): void;
  /** Leases that are not over. */
  readonly held: number;
  /** At once. */
  stop(): void;
}

export interface MemberSessionsOptions<S extends JobSession> {
  slots: number;
  /** Begins to help with a job. Its changes are to be told by `changed`. */
  open(jobId: string, pass: string, slots: number): S;
  /** The session is over and stopped. */
  onClosed?(jobId: string, session: S): void;
}

export class MemberSessions<S extends JobSession> {
  readonly #options: MemberSessionsOptions<S>;
  #slots: number;
  #current: { jobId: string; session: S; slots: number } | null = null;
  readonly #draining = new Map<string, S>();

  constructor(options: MemberSessionsOptions<S>) {
    this.#options = options;
    this.#slots = options.slots;
  }

  /** The job of the moment. */
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
    // It comes back to a job whose last tasks it has not finished.
    const before = this.#draining.get(jobId);
    this.#draining.delete(jobId);
    const slots = this.#free();
    const session = before ?? this.#options.open(jobId, pass, slots);
    if (before !== undefined) before.setSlots(slots);
    this.#current = { jobId, session, slots };
  }

  /** Takes nothing new; what is begun is finished. */
  rest(): void {
    if (this.#current === null) return;
    const { jobId, session } = this.#current;
    this.#current = null;
    this.#draining.set(jobId, session);
    session.drain();
    this.changed();
  }

  /** Encoders from now on; 0 pauses. */
  setSlots(slots: number): void {
    this.#slots = slots;
    if (slots === 0) this.rest();
    this.changed();
  }

  /** A session's leases have changed, perhaps. */
  changed(): void {
    for (const [jobId, session] of this.#draining) {
      if (session.held === 0) this.#close(jobId, session);
    }
    const slots = this.#free();
    if (this.#current === null || this.#current.slots === slots) return;
    this.#current.slots = slots;
    this.#current.session.setSlots(slots);
  }

  /** The job is over, or wants nothing more of this member. */
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

  /** Encoders that no earlier job uses: one at least, so that the new job is never without any. */
  #free(): number {
    const held = [...this.#draining.values()].reduce((sum, { held: each }) => sum + each, 0);
    return Math.min(this.#slots, Math.max(1, this.#slots - held));
  }

  #close(jobId: string, session: S): void {
    this.#draining.delete(jobId);
    session.stop();
    this.#options.onClosed?.(jobId, session);
  }
}
