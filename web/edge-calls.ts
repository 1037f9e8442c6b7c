import type { z } from "zod";
import { REAL_CLOCK } from "../shared/clock.ts";
import { TributaryError, toWireError } from "../shared/job/errors.ts";
import { retry } from "../shared/retry.ts";
import { problemSchema } from "../shared/wire/problem.ts";

const CALL_TIMEOUT_MS = 30_000;
/** How often a repeatable call is tried at most. */
const CALL_TRIES = 4;

export interface CallOptions {
  /** An owner's token, or one that allows creating jobs. */
  token?: string | undefined;
  /** A Blob is sent as it is, anything else as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Requests with the same key are carried out only once. */
  idempotencyKey?: string | undefined;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Calls to a site's API. Each has a time limit, parses its answer, and throws a problem as a TributaryError. */
export class EdgeCalls {
  readonly origin: string;

  /** @param origin such as `https://tributary.example`, no slash at the end */
  constructor(origin: string) {
    this.origin = origin;
  }

  /** Address of a WebSocket. @param path such as `/api/...` */
  socketUrl(path: string): string {
    return this.origin.replace(/^http/, "ws") + path;
  }

  /** As `call`, but repeated where no answer comes. For requests that may safely arrive twice. */
  callUntilHeard<T>(
    method: Method,
    path: string,
    schema: z.ZodType<T>,
    options: CallOptions,
  ): Promise<T> {
    const { signal } = options;
    const once = () => this.call(method, path, schema, options);
    return retry(once, { clock: REAL_CLOCK, signal, tries: CALL_TRIES, isRetryable: isUnheard });
  }

  /** @throws TributaryError the API's code, NETWORK, TIMEOUT, INTERNAL, or what the signal aborts with */
  async call<T>(
    method: Method,
    path: string,
    schema: z.ZodType<T>,
    { token, body, signal, idempotencyKey }: CallOptions,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let response: Response;
    let text: string;
    try {
      const options = { token, body, signal: either, idempotencyKey };
      response = await fetch(this.origin + path, requestOf(method, options));
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const code = timeout.aborted ? "TIMEOUT" : "NETWORK";
      throw new TributaryError(code, "The server could not be reached.", { cause });
    }
    if (!response.ok) throw problemIn(response.status, text);
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new TributaryError("INTERNAL", "The server's answer was not understood.");
    }
    return parsed.data;
  }

  /**
   * The body of an answer as it comes, however long that takes.
   * @throws TributaryError the API's code, NETWORK, INTERNAL, or what the signal aborts with
   */
  async stream(
    path: string,
    { token, signal }: Pick<CallOptions, "token" | "signal">,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    let response: Response;
    try {
      response = await fetch(this.origin + path, requestOf("GET", { token, signal }));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new TributaryError("NETWORK", "The server could not be reached.", { cause });
    }
    if (!response.ok) throw problemIn(response.status, await response.text());
    return response.body ?? new Blob([]).stream();
  }
}

function requestOf(
  method: Method,
  { token, body, signal, idempotencyKey }: CallOptions,
): RequestInit {
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const isBlob = body instanceof Blob;
  if (isBlob) headers.set("content-type", body.type);
  else if (body !== undefined) headers.set("content-type", "application/json");
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  return {
    method,
    headers,
    body: isBlob ? body : (JSON.stringify(body) ?? null),
    signal: signal ?? null,
    // A deletion is still sent when the page is being left.
    keepalive: method === "DELETE",
  };
}

/** What an answer that is not "ok" says. @param text its body */
function problemIn(status: number, text: string): TributaryError {
  const problem = problemSchema.safeParse(parseJson(text));
  if (problem.success) return new TributaryError(problem.data.code, problem.data.detail);
  const code = status === 429 ? "RATE_LIMITED" : "INTERNAL";
  return new TributaryError(code, `The server answered with status ${status}.`);
}

/** No answer came. */
function isUnheard(thrown: unknown): boolean {
  return ["NETWORK", "TIMEOUT"].includes(toWireError(thrown).code);
}

/** Undefined where the text is not JSON; every schema refuses undefined. */
function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
