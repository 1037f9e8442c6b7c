import { z } from "zod";
import { TributaryError } from "../shared/errors.ts";
import type { JobPlan, JobSettingsPatch } from "../shared/job.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  type JobStatus,
  jobStatusSchema,
  problemSchema,
  type Site,
  siteSchema,
} from "../shared/protocol.ts";

/** Typed calls to the edge. Works in pages, in workers and in Node. */

const CALL_TIMEOUT_MS = 30_000;

export class EdgeClient {
  readonly #origin: string;

  /** @param origin such as `https://tributary.example`, no slash at the end */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** What this deployment offers. */
  site(signal?: AbortSignal): Promise<Site> {
    return this.#call("/api/site", {}, siteSchema, signal);
  }

  /** Codes: PLAN_INVALID, REQUEST_INVALID, RATE_LIMITED, NETWORK, TIMEOUT. */
  createJob(
    plan: JobPlan,
    { settings = {}, signal }: { settings?: JobSettingsPatch; signal?: AbortSignal } = {},
  ): Promise<CreateJobResponse> {
    const init = { method: "POST", body: JSON.stringify({ plan, settings }) };
    return this.#call("/api/jobs", init, createJobResponseSchema, signal);
  }

  /** With the owner's token the answer also says who is there and who made what. Codes: JOB_NOT_FOUND. */
  jobStatus(jobId: string, ownerToken?: string, signal?: AbortSignal): Promise<JobStatus> {
    return this.#call(`/api/jobs/${jobId}`, authorized({}, ownerToken), jobStatusSchema, signal);
  }

  /** Idempotent: a job that has ended stays as it is. */
  async cancelJob(jobId: string, ownerToken: string, signal?: AbortSignal): Promise<void> {
    const init = authorized({ method: "DELETE" }, ownerToken);
    await this.#call(`/api/jobs/${jobId}`, init, z.unknown(), signal);
  }

  socketUrl(jobId: string): string {
    return `${this.#origin.replace(/^http/, "ws")}/api/jobs/${jobId}/socket`;
  }

  async #call<T>(
    path: string,
    init: RequestInit,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const headers = new Headers(init.headers);
    if (init.body !== undefined) headers.set("content-type", "application/json");
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#origin + path, { ...init, headers, signal: either });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const code = timeout.aborted ? "TIMEOUT" : "NETWORK";
      throw new TributaryError(code, "The server could not be reached.", { cause });
    }
    const body = parseJson(text);
    if (!response.ok) {
      const problem = problemSchema.safeParse(body);
      if (problem.success) throw new TributaryError(problem.data.code, problem.data.detail);
      const code = response.status === 429 ? "RATE_LIMITED" : "INTERNAL";
      throw new TributaryError(code, `The server answered with status ${response.status}.`);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      throw new TributaryError("INTERNAL", "The server's answer was not understood.");
    }
    return parsed.data;
  }
}

function authorized(init: RequestInit, token: string | undefined): RequestInit {
  return token === undefined ? init : { ...init, headers: { authorization: `Bearer ${token}` } };
}

/** Undefined for what is no JSON: every schema refuses that. */
function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
