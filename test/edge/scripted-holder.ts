import { env, exports } from "cloudflare:workers";
import { inject, vi } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import type { Engine, JobPlan } from "../../shared/job/job.ts";
import { messagesOf, type Notice } from "../../shared/job/notice.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  socketTicketSchema,
} from "../../shared/wire/api.ts";
import {
  type CoordinatorMessage,
  coordinatorMessageSchema,
} from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { type JobStatus, jobStatusSchema } from "../../shared/wire/job-status.ts";
import type { LeaseGrant, Output, OutputFacts, Put } from "../../shared/wire/lease.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import type { MadeOutput } from "./made-job.ts";

/** A lease holder that sends exactly the messages that a test tells it to, with real outputs. */

export const { plan, outputs: madeOutputs, lies, falseSounds } = inject("madeJob");

const ORIGIN = "http://localhost";

/** Timeout for expected events. It is shorter than the test's own, so that the error names what is missing. */
const WITHIN_MS = 60_000;

/** Waits until an assertion holds. @throws the assertion's last error after WITHIN_MS */
export function eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, WITHIN_MS);
}

type Hello = Extract<HolderMessage, { type: "hello" }>;
type MessageOf<T extends CoordinatorMessage["type"]> = Extract<CoordinatorMessage, { type: T }>;

/** Sends a request to the Worker under test. @param path from the origin on */
export function call(path: string, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(ORIGIN + path, init));
}

let clients = 0;

/** Creates a job, by default with the plan of the real outputs. @throws Error with the answer where it is refused */
export async function createJob(
  of: JobPlan = plan,
  visibility?: Visibility,
): Promise<CreateJobResponse> {
  clients += 1;
  const response = await call("/api/jobs", {
    method: "POST",
    body: JSON.stringify({ plan: of, visibility }),
    // Each request has another address, so that no rate limit is reached.
    headers: { "content-type": "application/json", "cf-connecting-ip": `test-${clients}` },
  });
  if (response.status !== 201) throw new Error(await response.text());
  return createJobResponseSchema.parse(await response.json());
}

export function coordinator(jobId: string) {
  return env.COORDINATOR.getByName(jobId);
}

/** The job's status as its owner sees it. */
export async function status(job: CreateJobResponse): Promise<JobStatus> {
  const response = await call(`/api/jobs/${job.jobId}`, {
    headers: { authorization: `Bearer ${job.ownerToken}` },
  });
  return jobStatusSchema.parse(await response.json());
}

/** A playlist's text; empty where there is none. */
export async function playlist(job: CreateJobResponse, path: string): Promise<string> {
  const response = await call(`/v/${job.jobId}/${path}`);
  const bytes = await response.arrayBuffer();
  return response.ok ? new TextDecoder().decode(bytes) : "";
}

/** The right outputs of a task, with their bytes. */
export function made(taskId: string): MadeOutput[] {
  return madeOutputs[taskId] ?? [];
}

/** Outputs in the form of an offer. Only init segments have their bytes in it. */
export function offered(outputs: readonly MadeOutput[]): Output[] {
  return outputs.map(({ base64, kind, ...facts }) =>
    kind === "init" ? { ...facts, kind, base64 } : { ...facts, kind },
  );
}

export function bytesOf(output: MadeOutput): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(output.base64), (letter) => letter.charCodeAt(0));
}

/** The output with other bytes, and with their size and hashes. */
export async function hashed(
  output: OutputFacts,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<MadeOutput> {
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const md5 = new Uint8Array(await crypto.subtle.digest("MD5", bytes));
  return {
    ...output,
    sizeBytes: bytes.length,
    sha256: Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    md5: btoa(String.fromCharCode(...md5)),
    base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
  };
}

/** Requests a ticket with a token. @returns the raw answer */
export function askForTicket(jobId: string, token: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  return call(`/api/jobs/${jobId}/ticket`, { method: "POST", headers });
}

/** @throws TributaryError with the code of the edge's answer */
export async function ticketFor(jobId: string, token: string): Promise<string> {
  const response = await askForTicket(jobId, token);
  if (response.ok) return socketTicketSchema.parse(await response.json()).ticket;
  const { code, detail } = problemSchema.parse(await response.json());
  throw new TributaryError(code, detail);
}

/** @param ticket null: none is sent @param address of the client, as the edge sees it; default: unknown */
export function openSocket(
  jobId: string,
  ticket: string | null,
  address?: string,
): Promise<Response> {
  const query = ticket === null ? "" : `?ticket=${ticket}`;
  const headers = { upgrade: "websocket", ...(address && { "cf-connecting-ip": address }) };
  return call(`/api/jobs/${jobId}/socket${query}`, { headers });
}

/** Fields of a hello, and the token that gets the socket's ticket; default: the owner's. */
export type Said = Partial<Hello> & { token?: string };

export class ScriptedHolder {
  readonly job: CreateJobResponse;
  /** Name in its hello. */
  readonly name: string;
  /** The id that the coordinator gave it; empty before its first welcome. */
  holderId = "";
  /** All messages received over all its sockets. */
  readonly received: CoordinatorMessage[] = [];
  closeCode: number | null = null;
  /** Called with each message as it comes. */
  onMessage: ((message: CoordinatorMessage) => void) | null = null;
  #socket: WebSocket | null = null;
  #unread: CoordinatorMessage[] = [];
  #wake = (): void => {};

  constructor(job: CreateJobResponse, name: string = crypto.randomUUID()) {
    this.job = job;
    this.name = name;
  }

  async open(token: string = this.job.ownerToken): Promise<void> {
    const { jobId } = this.job;
    await this.#listen(await openSocket(jobId, await ticketFor(jobId, token)));
  }

  /** Opens a socket as older programs did, before there were tickets. */
  async openWithoutTicket(): Promise<void> {
    await this.#listen(await openSocket(this.job.jobId, null));
  }

  async #listen(response: Response): Promise<void> {
    const socket = response.webSocket;
    if (socket === null) throw new Error(`No socket: ${response.status} ${await response.text()}`);
    socket.accept();
    this.closeCode = null;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const message = coordinatorMessageSchema.parse(JSON.parse(String(data)));
      if (message.type === "welcome") this.holderId = message.holderId;
      this.onMessage?.(message);
      this.received.push(message);
      this.#unread.push(message);
      this.#wake();
    });
    socket.addEventListener("close", ({ code }) => {
      if (this.#socket === socket) this.closeCode = code;
      this.#wake();
    });
  }

  /** Opens a socket, sends a hello, and waits for the welcome. */
  async join(said: Said = {}) {
    await this.knock(said);
    return this.next("welcome");
  }

  /** Opens a socket and sends a hello. Does not wait for an answer. */
  async knock({ token, ...said }: Said = {}) {
    await this.open(token);
    this.send(this.hello(said));
  }

  hello(said: Partial<Hello> = {}): Hello {
    return {
      type: "hello",
      protocolVersion: PROTOCOL_VERSION,
      role: "owner",
      holderId: this.name,
      name: "Test",
      device: "workerd",
      slots: 2,
      engines: ["ffmpeg-native"],
      leases: [],
      hasSource: true,
      ...said,
    };
  }

  send(message: HolderMessage): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data: string | ArrayBuffer): void {
    if (this.#socket === null) throw new Error("Not open.");
    this.#socket.send(data);
  }

  close(): void {
    this.#socket?.close(1000);
    this.#socket = null;
  }

  /** Waits for the next message of a type, and skips the ones before it. */
  async next<T extends CoordinatorMessage["type"]>(type: T, withinMs = WITHIN_MS) {
    return (await this.nextOf([type], withinMs)) as MessageOf<T>;
  }

  async nextOf(types: readonly string[], withinMs = WITHIN_MS): Promise<CoordinatorMessage> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      while (this.#unread.length > 0) {
        const message = this.#unread.shift();
        if (message !== undefined && types.includes(message.type)) return message;
      }
      if (performance.now() > deadline) {
        const got = JSON.stringify(this.received.map(({ type }) => type));
        throw new Error(`No ${types.join(" or ")} came, but ${got}.`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 50);
      });
    }
  }

  async closed(withinMs = WITHIN_MS): Promise<number> {
    const deadline = performance.now() + withinMs;
    while (this.closeCode === null) {
      if (performance.now() > deadline) throw new Error("The socket stays open.");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.closeCode;
  }

  async grants(slots: number): Promise<LeaseGrant[]> {
    this.send({ type: "want", slots });
    return (await this.next("grant")).grants;
  }

  async grant(): Promise<LeaseGrant> {
    const [grant] = await this.grants(1);
    if (grant === undefined) throw new Error("An empty grant.");
    return grant;
  }

  async offer(leaseId: string, outputs: readonly MadeOutput[]): Promise<Put[]> {
    this.send({ type: "offer", leaseId, outputs: offered(outputs) });
    return (await this.next("uploads")).puts;
  }

  commit(leaseId: string, engine: Engine = "ffmpeg-native", notices: Notice[] = []): void {
    const warnings = messagesOf(notices);
    this.send({ type: "commit", leaseId, engine, encodeMs: 100, warnings, notices });
  }

  verdict() {
    return this.nextOf(["accepted", "rejected"]) as Promise<MessageOf<"accepted" | "rejected">>;
  }

  /** Offers, uploads and commits outputs; by default the right ones. @returns the verdict */
  async deliver(grant: LeaseGrant, outputs: readonly MadeOutput[] = made(grant.task.id)) {
    await putAll(await this.offer(grant.leaseId, outputs), outputs);
    this.commit(grant.leaseId);
    return this.verdict();
  }

  /** Works until no task is left. */
  async workToTheEnd(): Promise<void> {
    for (let done = await tasksDone(this.job); done < plan.tasks.length; done += 1) {
      const verdict = await this.deliver(await this.grant());
      if (verdict.type !== "accepted") throw new Error(JSON.stringify(verdict));
    }
  }
}

async function tasksDone(job: CreateJobResponse): Promise<number> {
  return (await status(job)).tasks.filter(({ state }) => state === "done").length;
}

/** Uploads outputs by their signed PUTs. @throws Error where storage refuses one */
export async function putAll(puts: readonly Put[], outputs: readonly MadeOutput[]): Promise<void> {
  for (const put of puts) {
    const output = outputs[put.output];
    if (output === undefined) throw new Error("A PUT for no output.");
    const { status } = await putBytes(put, bytesOf(output));
    // 412: the object was stored before.
    if (status !== 200 && status !== 412) throw new Error(`PUT: ${status}`);
  }
}

export async function putBytes(put: Put, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const response = await fetch(put.url, { method: "PUT", headers: put.headers, body: bytes });
  await response.body?.cancel();
  return response;
}

/** Polls until the job is in a state. @throws Error after `withinMs` */
export async function until(
  job: CreateJobResponse,
  state: JobStatus["state"],
  withinMs = WITHIN_MS,
): Promise<JobStatus> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const now = await status(job);
    if (now.state === state) return now;
    if (performance.now() > deadline) throw new Error(`Not ${state}, but ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Lets one holder make the whole job, and resolves when the job is ready. */
export async function makeAll(job: CreateJobResponse): Promise<void> {
  const holder = new ScriptedHolder(job);
  await holder.join();
  await holder.workToTheEnd();
  await until(job, "ready");
}
