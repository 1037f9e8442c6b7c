import { FINAL_REFUSALS } from "../../shared/holder/lease-holder.ts";
import { type ErrorCode, toWireError } from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import type { ShareRequest } from "../../shared/wire/api.ts";
import { type CreateJobResponse, shareResponseSchema } from "../../shared/wire/api.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { type Problem, problemSchema } from "../../shared/wire/problem.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  call,
  eventually,
  made,
  offered,
  plan,
  putAll,
  ScriptedHolder,
} from "./scripted-holder.ts";

/** Scripted owners and contributors: links, staging, audits. */

/** Results of this engine are compared by hash. The outputs are native ffmpeg's, which has the same bytes. */
export const ENGINE: Engine = "ffmpeg-wasm";

/** Makes a link for contributors. @returns its token */
export async function share(
  job: CreateJobResponse,
  request: Partial<ShareRequest> = {},
): Promise<string> {
  const response = await owned(job, "POST", "/share", request);
  if (response.status !== 201) throw new Error(await response.text());
  const { joinUrl } = shareResponseSchema.parse(await response.json());
  return new URL(joinUrl).hash.slice(1);
}

/** Calls an address below the job's. @param token default: the owner's */
export function owned(
  { jobId, ownerToken }: CreateJobResponse,
  method: string,
  below: string,
  body?: unknown,
  token: string = ownerToken,
): Promise<Response> {
  return call(`/api/jobs/${jobId}${below}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** The problem details of an error answer. */
export async function problem(response: Response): Promise<Problem> {
  return problemSchema.parse(await response.json());
}

/** What `ScriptedHolder.join` needs for a contributor. @param token of the contributors' link */
export function contributorHello(token: string, slots = 1, engines: Engine[] = [ENGINE]) {
  return {
    role: "contributor" as const,
    token,
    slots,
    engines,
    hasSource: false,
  };
}

/** A new contributor that has joined by a link. @param token of the link */
export async function joinByLink(
  job: CreateJobResponse,
  token: string,
  slots = 1,
  engines: Engine[] = [ENGINE],
): Promise<ScriptedHolder> {
  const holder = new ScriptedHolder(job);
  await holder.join(contributorHello(token, slots, engines));
  return holder;
}

/**
 * Expects a ticket or a hello to be refused with a closed socket, after which real holders do not come back.
 * @returns the code
 */
export async function refusedHello(
  job: CreateJobResponse,
  said: Parameters<ScriptedHolder["join"]>[0],
  name?: string,
): Promise<string> {
  const holder = new ScriptedHolder(job, name);
  const error = await holder.knock(said).then(
    () => holder.next("error"),
    (thrown: unknown) => toWireError(thrown),
  );
  if ("type" in error && (await holder.closed()) !== 1008) {
    throw new Error("Closed as if all were well.");
  }
  if (!(FINAL_REFUSALS as readonly ErrorCode[]).includes(error.code)) {
    throw new Error(`A holder would try again after ${error.code}.`);
  }
  return error.code;
}

/**
 * An owner's tab, or a server that reads a whole video, that has staged all chunks and has no lease yet.
 * @param serverToken default: it is the owner's tab
 */
export async function ownerWithChunks(
  job: CreateJobResponse,
  {
    tasks = plan.tasks.length,
    engines = [ENGINE],
    serverToken,
  }: { tasks?: number; engines?: Engine[]; serverToken?: string } = {},
): Promise<ScriptedHolder> {
  const owner = new ScriptedHolder(job);
  // The coordinator asks for further chunks while one is being staged.
  const asked: string[] = [];
  owner.onMessage = (message) => {
    if (message.type === "stage") asked.push(...message.taskIds);
  };
  if (serverToken === undefined) {
    await owner.join({ engines });
    owner.send({ type: "settings", settings: { stageAll: true } });
  } else await owner.join({ engines, role: "server", token: serverToken });
  const staged = new Set<string>();
  while (staged.size < tasks) {
    const taskId = await eventually(
      () => asked.shift() ?? Promise.reject(new Error("No chunk is asked for.")),
    );
    await stage(owner, taskId);
    staged.add(taskId);
  }
  return owner;
}

/** Stages a chunk of arbitrary bytes: the coordinator never reads chunks. */
async function stage(owner: ScriptedHolder, taskId: string): Promise<void> {
  const bytes = new TextEncoder().encode(`the chunk of ${taskId}`);
  const [sha256, md5] = await Promise.all([
    crypto.subtle.digest("SHA-256", bytes),
    crypto.subtle.digest("MD5", bytes),
  ]);
  const chunk = {
    taskId,
    sizeBytes: bytes.length,
    baseTicks: 0,
    trimStartTicks: 0,
    trimEndTicks: 90_000,
  };
  const hex = Array.from(new Uint8Array(sha256), (byte) => byte.toString(16).padStart(2, "0"));
  const md5Base64 = btoa(String.fromCharCode(...new Uint8Array(md5)));
  owner.send({ type: "stage-offer", chunk, sha256: hex.join(""), md5: md5Base64 });
  const { put } = await owner.next("stage-upload");
  if (put !== null) {
    const response = await fetch(put.url, { method: "PUT", headers: put.headers, body: bytes });
    if (!response.ok) throw new Error(`PUT: ${response.status}`);
  }
  owner.send({ type: "staged", taskId });
}

/** Offers a result. An audit that agrees ends with the offer; any other result is uploaded and committed. */
export async function deliver(
  holder: ScriptedHolder,
  grant: LeaseGrant,
  outputs: readonly MadeOutput[] = made(grant.task.id),
  engine: Engine = ENGINE,
): Promise<CoordinatorMessage> {
  const { leaseId } = grant;
  holder.send({ type: "offer", leaseId, outputs: offered(outputs) });
  const answer = await holder.nextOf(["uploads", "accepted", "rejected", "revoke"]);
  if (answer.type !== "uploads") return answer;
  await putAll(answer.puts, outputs);
  holder.commit(leaseId, engine);
  return holder.nextOf(["accepted", "rejected", "revoke", "error"]);
}

/** Waits for the next lease; null: none came in time. */
export async function grantWithin(
  holder: ScriptedHolder,
  withinMs = 1_500,
): Promise<LeaseGrant | null> {
  holder.send({ type: "want", slots: 1 });
  const message = await holder.next("grant", withinMs).catch(() => null);
  return message?.grants[0] ?? null;
}

/** Delivers right results until no lease comes. @returns ids of the delivered tasks */
export async function workWhileThereIsWork(holder: ScriptedHolder): Promise<string[]> {
  const done: string[] = [];
  for (;;) {
    const grant = await grantWithin(holder);
    if (grant === null) return done;
    const verdict = await deliver(holder, grant);
    if (verdict.type !== "accepted") throw new Error(JSON.stringify(verdict));
    done.push(grant.task.id);
  }
}
