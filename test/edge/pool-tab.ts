import { REAL_CLOCK } from "../../shared/clock.ts";
import type { WireSocket } from "../../shared/holder/job-socket.ts";
import { type MemberKey, PoolMember } from "../../shared/pool/pool-member.ts";
import { type CreatePoolResponse, poolTicketSchema } from "../../shared/wire/pool.ts";
import { LoopingHolder } from "./looping-holder.ts";
import type { MadeOutput } from "./made-job.ts";
import { call } from "./scripted-holder.ts";
import { ENGINE } from "./scripted-swarm.ts";

/** A pool's member with the real code. Its holders return results that were made before. */
export class PoolTab {
  readonly member: PoolMember<ReturnType<typeof sessionOf>>;
  /** Ids of the jobs that it was sent to, in order. */
  readonly jobs: string[] = [];
  /** Its passes for these jobs. */
  readonly passes: string[] = [];

  constructor(
    pool: CreatePoolResponse,
    key: MemberKey,
    {
      outputs,
      encodeMs = 50,
      slots = 1,
    }: { outputs(taskId: string): readonly MadeOutput[]; encodeMs?: number; slots?: number },
  ) {
    this.member = new PoolMember({
      identity: { name: "Machine", device: "workerd", engines: [ENGINE] },
      key,
      slots,
      clock: REAL_CLOCK,
      ticket: async () => {
        const response = await pooled(pool, tokenOf(pool.joinUrl), "POST", "/ticket");
        return poolTicketSchema.parse(await response.json()).ticket;
      },
      connect: (ticket) => new PoolSocket(pool.poolId, ticket),
      open: (help) => {
        this.jobs.push(help.jobId);
        this.passes.push(help.pass());
        let isTold = false;
        const holder = new LoopingHolder(
          { ...NO_JOB, jobId: help.jobId },
          ({ id }) => outputs(id),
          {
            identity: { role: "contributor", engines: [ENGINE] },
            token: help.pass(),
            encodeMs,
            onChange: (changed) => {
              if (!changed.isOver) help.onChange();
              else if (!isTold) {
                isTold = true;
                setTimeout(() => help.onEnd(changed.refused), 0);
              }
            },
          },
        );
        return sessionOf(holder);
      },
    });
  }

  stop(): void {
    this.member.stop();
  }
}

const NO_JOB = { ownerToken: "", watchUrl: "", masterUrl: "" };

function sessionOf(holder: LoopingHolder) {
  return {
    setSlots: (slots: number) => holder.setSlots(slots),
    drain: () => holder.drain(),
    get held() {
      return holder.held;
    },
    stop: () => holder.leave(),
  };
}

/** The text after a link's `#`. */
export function tokenOf(url: string): string {
  return new URL(url).hash.slice(1);
}

/** Calls an address below the pool's. @param token of a link or of the operator */
export function pooled(
  { poolId }: CreatePoolResponse,
  token: string,
  method: string,
  below = "",
  body?: unknown,
): Promise<Response> {
  return call(`/api/pools/${poolId}${below}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A socket to the pool of this process. */
class PoolSocket implements WireSocket {
  readonly #events = new EventTarget();
  #socket: WebSocket | null = null;

  constructor(poolId: string, ticket: string) {
    void this.#open(poolId, ticket);
  }

  get readyState(): number {
    return this.#socket?.readyState ?? 0;
  }

  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#events.addEventListener(type, listener as (event: Event) => void);
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  close(code?: number): void {
    this.#socket?.close(code);
  }

  async #open(poolId: string, ticket: string): Promise<void> {
    const headers = { upgrade: "websocket" };
    const { webSocket } = await call(`/api/pools/${poolId}/socket?ticket=${ticket}`, { headers });
    if (webSocket === null) {
      this.#events.dispatchEvent(new Event("close"));
      return;
    }
    webSocket.accept();
    this.#socket = webSocket;
    webSocket.addEventListener("message", ({ data }) => {
      this.#events.dispatchEvent(new MessageEvent("message", { data }));
    });
    webSocket.addEventListener("close", () => this.#events.dispatchEvent(new Event("close")));
  }
}
