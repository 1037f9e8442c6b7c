import type { Task } from "../../shared/job/job.ts";
import { mediaKey, namedHashes } from "../../shared/job/object-keys.ts";
import { taskRenditions, taskSegments } from "../../shared/job/task-parts.ts";
import { log } from "../../shared/log.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { LeaseGrant, Put } from "../../shared/wire/lease.ts";
import { deleteReplacement } from "../catalog/addresses.ts";
import { deleteCancelled } from "../catalog/delete-video.ts";
import { deleteRows } from "../catalog/owners.ts";
import type { Gate } from "../gate/gate.ts";
import type { GateRequest, GateVerdict } from "../gate/verdict.ts";
import { takePlace } from "../replace/take-place.ts";
import { OWN_PICTURES_SECONDS, type ServeCall } from "../servers/calls.ts";
import { hasServers } from "../servers/servers.ts";
import { presignGet, presignPut } from "../storage/presign.ts";
import { assembleVideo } from "./assembly.ts";
import { saveInCatalog } from "./catalog-entry.ts";
import { cleanUp } from "./clean-up.ts";
import { acceptedOutputs } from "./schedule/results/accepted-outputs.ts";
import { leaseGrant } from "./schedule/results/offers.ts";
import type { Event } from "./schedule/schedule.ts";
import type { Effect } from "./schedule/state/effect.ts";
import type { ChoreKind, Lease } from "./schedule/state/records.ts";
import type { State } from "./schedule/state/state.ts";

/** Effects that need more than the sockets of `LiveJob`. */
type PlatformEffect = Exclude<Effect, { type: "send" | "welcome" | "call-server" | "ban" }>;

export type GateService = Pick<Service<Gate>, "check">;

interface Shell {
  send(connectionId: string, message: CoordinatorMessage): void;
  /** The origin under which a holder reached this site; null when its socket is gone. */
  originOf(connectionId: string): string | null;
  report(event: Event): void;
  /** To be called when the job's objects are deleted. The coordinator's own storage follows. */
  cleaned(): Promise<void>;
}

/** Milliseconds for a check by the gate, which reads some tens of MB at most. */
const GATE_TIMEOUT_MS = 25_000;

/**
 * Carries out effects on the platform: signing, the gate, storage, the catalogue. Each one ends in an event. Where the
 * event does not come, `schedule` repeats the effect.
 */
export class Effects {
  readonly #env: Cloudflare.Env;
  readonly #gate: GateService;
  readonly #shell: Shell;
  /** Checks and chores under way, by name. One that is requested again in the meantime is not started twice. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(env: Cloudflare.Env, gate: GateService, shell: Shell) {
    this.#env = env;
    this.#gate = gate;
    this.#shell = shell;
  }

  perform(state: State, effect: PlatformEffect): void {
    switch (effect.type) {
      case "grant":
        this.#settle(state.job.id, `grant ${effect.leaseIds.join()}`, () =>
          this.#grant(state, effect.connectionId, effect.leaseIds),
        );
        return;
      case "presign":
        this.#settle(state.job.id, `presign ${effect.leaseId} ${effect.connectionId}`, () =>
          this.#presign(state, effect.connectionId, effect.leaseId),
        );
        return;
      case "presign-chunk":
        this.#settle(state.job.id, `chunk ${effect.taskId} ${effect.connectionId}`, () =>
          this.#presignChunk(state, effect.connectionId, effect.taskId),
        );
        return;
      case "check":
        this.#settle(state.job.id, `check ${effect.leaseId}`, () =>
          this.#check(state, effect.leaseId),
        );
        return;
      case "chore":
        this.#settle(state.job.id, `chore ${effect.kind}`, () => this.#chore(state, effect.kind));
        return;
    }
  }

  /** Calls a server through the queue, which retries, and starts as many servers as there is room for. */
  callServer(call: ServeCall): void {
    this.#settle(call.jobId, `server ${call.token}`, async () => {
      await this.#env.SERVER_CALLS.send(call);
    });
  }

  /** Resolves once no effect is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #settle(jobId: string, name: string, work: () => Promise<void>): void {
    if (this.#underWay.has(name)) return;
    const settling = work()
      .catch((thrown: unknown) => {
        // `schedule` repeats the effect when its deadline has passed, or the holder asks again. The log line has no
        // URL.
        const [what = ""] = name.split(" ");
        log("outside", { jobId, what, end: thrown instanceof Error ? thrown.name : "failed" });
      })
      .finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, settling);
  }

  async #grant(state: State, connectionId: string, leaseIds: readonly string[]): Promise<void> {
    const grants: LeaseGrant[] = [];
    for (const id of leaseIds) {
      const lease = state.leases.get(id);
      const task = lease && state.planned.get(lease.taskId);
      if (lease === undefined || task === undefined) continue;
      const chunk = await this.#chunkFor(state, connectionId, lease);
      const compare =
        lease.purpose === "compare" ? await this.#toCompare(state, connectionId, task) : undefined;
      if (chunk === null || compare === null) continue;
      grants.push(leaseGrant(state.plan, task, lease, chunk, compare));
    }
    if (grants.length > 0) this.#shell.send(connectionId, { type: "grant", grants });
  }

  async #chunkFor(
    state: State,
    connectionId: string,
    lease: Lease,
  ): Promise<LeaseGrant["chunk"] | null> {
    if (state.holders.get(lease.holderId)?.hasSource === true) return { from: "local" };
    const chunk = state.tasks.get(lease.taskId)?.chunk;
    const origin = this.#shell.originOf(connectionId);
    if (!chunk?.stored || origin === null) return null;
    return { from: "url", url: await presignGet(this.#env, origin, chunk.key), info: chunk.info };
  }

  /** The task's accepted outputs with URLs, for an audit by pictures; null when they are gone. */
  async #toCompare(
    state: State,
    connectionId: string,
    task: Task,
  ): Promise<LeaseGrant["compare"] | null> {
    const origin = this.#shell.originOf(connectionId);
    if (origin === null) return null;
    const outputs = acceptedOutputs(state, task);
    if (outputs.length === 0) return null;
    return Promise.all(
      outputs.map(async ({ key, ...output }) => {
        return { ...output, url: await presignGet(this.#env, origin, key) };
      }),
    );
  }

  async #presign(state: State, connectionId: string, leaseId: string): Promise<void> {
    const lease = state.leases.get(leaseId);
    const origin = this.#shell.originOf(connectionId);
    if (!lease?.outputs || origin === null) return;
    const puts = await Promise.all(
      lease.outputs.map(async (output, index): Promise<Put | null> => {
        // The gate stores init segments itself.
        if (output.kind === "init") return null;
        const { rendition, sizeBytes, md5 } = output;
        const key = mediaKey(state.job.id, rendition, leaseId, output);
        // After a first offer, storage may have some outputs. These need no upload.
        const stored = lease.offers > 1 ? await this.#env.MEDIA.head(key) : null;
        if (stored !== null && stored.etag === namedHashes(key)?.md5) return null;
        const contentType = "video/iso.segment";
        const put = await presignPut(this.#env, origin, key, { sizeBytes, md5, contentType });
        return { output: index, ...put };
      }),
    );
    this.#shell.send(connectionId, {
      type: "uploads",
      leaseId,
      puts: puts.filter((put) => put !== null),
    });
    this.#shell.report({ type: "presigned", leaseId });
  }

  async #presignChunk(state: State, connectionId: string, taskId: string): Promise<void> {
    const chunk = state.tasks.get(taskId)?.chunk ?? null;
    const origin = this.#shell.originOf(connectionId);
    if (chunk === null || origin === null) return;
    const { key, md5 } = chunk;
    const { sizeBytes } = chunk.info;
    // Storage may have the chunk from a tab that was closed before it could report the upload.
    const isThere = chunk.stored || (await this.#env.MEDIA.head(key))?.size === sizeBytes;
    const contentType = "video/mp4";
    const put: Put | null = isThere
      ? null
      : {
          output: 0,
          ...(await presignPut(this.#env, origin, key, { sizeBytes, md5, contentType })),
        };
    this.#shell.send(connectionId, { type: "stage-upload", taskId, put });
  }

  async #check(state: State, leaseId: string): Promise<void> {
    const lease = state.leases.get(leaseId);
    const task = lease && state.planned.get(lease.taskId);
    if (!lease?.outputs || task === undefined) return;
    const verdict = await this.#askGate({
      jobId: state.job.id,
      leaseId,
      outputs: lease.outputs,
      renditions: taskRenditions(state.plan, task),
      segments: taskSegments(state.plan, task),
      storedInits: [...state.inits.values()].map(({ key }) => key),
    });
    this.#shell.report({ type: "checked", leaseId, verdict });
  }

  async #askGate(request: GateRequest): Promise<GateVerdict> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<GateVerdict>((resolve) => {
      const late: GateVerdict = { verdict: "unknown", message: "The gate took too long." };
      timer = setTimeout(() => resolve(late), GATE_TIMEOUT_MS);
    });
    try {
      return await Promise.race([this.#gate.check(request), timeout]);
    } catch {
      return { verdict: "unknown", message: "The gate could not be asked." };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls a server for the poster and the storyboard, a minute later if there was an owner's tab. The server makes
   * those that are still missing then.
   */
  async #callForPictures({ job, holders }: State): Promise<void> {
    if (!hasServers(this.#env)) return;
    const { id: jobId, origin } = job;
    const hasOwner = [...holders.values()].some(({ role }) => role === "owner");
    const delaySeconds = hasOwner ? OWN_PICTURES_SECONDS : 0;
    await this.#env.SERVER_CALLS.send({ type: "pictures", jobId, origin }, { delaySeconds }).catch(
      // The video does not depend on its pictures.
      () => log("outside", { jobId, what: "pictures", end: "not-called" }),
    );
  }

  async #chore(state: State, kind: ChoreKind): Promise<void> {
    const forState = state.job.state;
    if (kind === "cleanup") {
      await cleanUp(this.#env, state);
      await this.#shell.cleaned();
      // Until now the coordinator still reported the job, and the owner row kept private ones private.
      if (forState === "cancelled") await deleteRows(this.#env.CATALOG, state.job.id);
      return;
    }
    if (kind === "assemble") {
      const lost = await assembleVideo(this.#env, state);
      if (lost.length > 0) {
        this.#shell.report({ type: "outputs-lost", keys: lost });
        return;
      }
    } else if (forState === "cancelled") {
      // The job may have been cancelled while its playlists were being stored. This waits until no more are written.
      await this.#underWay.get("chore assemble");
      await deleteCancelled(this.#env, state.job.id);
    } else {
      await saveInCatalog(this.#env, state);
      if (forState === "ready") {
        await this.#callForPictures(state);
        await takePlace(this.#env, state.job.id);
      } else if (forState === "failed") {
        await deleteReplacement(this.#env.CATALOG, state.job.id);
      }
    }
    this.#shell.report({ type: "chore-done", kind, forState });
  }
}
