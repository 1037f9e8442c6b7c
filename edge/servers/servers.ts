import { getRandom } from "@cloudflare/containers";
import { type ErrorCode, isErrorCode, TributaryError } from "../../shared/job/errors.ts";
import { isWell } from "./health.ts";

/** The same number as in wrangler.toml. */
const MAX_INSTANCES = 10;
/** Milliseconds for a call. A sleeping container has to start, and the coordinator's welcome takes a moment. */
const CALL_TIMEOUT_MS = 90_000;

/** The programs of `edge/container`: Cloudflare Containers, or a process at `CONTAINER_URL`. */
export interface Servers {
  /** @throws TributaryError with the server's code, NETWORK, TIMEOUT */
  post(path: string, body: unknown, options?: CallOptions): Promise<unknown>;
}

interface CallOptions {
  /** Default: a minute and a half. */
  timeoutMs?: number;
  /** Ends the call, and with it the server's work. Default: none. */
  signal?: AbortSignal;
}

/** The servers of this deployment; null where it has none. */
export function serversOf(env: Cloudflare.Env): Servers | null {
  if (env.CONTAINER_URL !== "") return processAt(env.CONTAINER_URL);
  // Locally there is no container engine. The binding exists, but throws.
  return env.S3_ENDPOINT === "" ? null : containers(env);
}

/** Whether this deployment has servers to call. They need not be running now, because calls wait in a queue. */
export function hasServers(env: Cloudflare.Env): boolean {
  return env.CONTAINER_URL !== "" || env.S3_ENDPOINT !== "";
}

/**
 * Whether a server would come now. Containers are not asked, because that would wake them: a deployment with containers
 * always has servers.
 */
export async function canServe(env: Cloudflare.Env): Promise<boolean> {
  return env.CONTAINER_URL === "" ? hasServers(env) : isWell(env.CONTAINER_URL);
}

function processAt(url: string): Servers {
  return {
    post: (path, body, options) =>
      settle((signal) => fetch(new URL(path, url), request(body, signal)), options),
  };
}

function containers(env: Cloudflare.Env): Servers {
  return {
    post: (path, body, options) =>
      settle(async (signal) => {
        const container = await getRandom(env.FFMPEG, MAX_INSTANCES);
        return container.fetch(new Request(`http://container${path}`, request(body, signal)));
      }, options),
  };
}

function request(body: unknown, signal: AbortSignal): RequestInit {
  const headers = { "content-type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body), signal };
}

async function settle(
  call: (signal: AbortSignal) => Promise<Response>,
  { timeoutMs = CALL_TIMEOUT_MS, signal }: CallOptions = {},
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  let response: Response;
  let body: unknown;
  try {
    response = await call(either);
    body = await response.json().catch(() => null);
  } catch (cause) {
    const code = timeout.aborted ? "TIMEOUT" : "NETWORK";
    throw new TributaryError(code, "The server could not be reached.", { cause });
  }
  if (response.ok) return body;
  throw new TributaryError(codeOf(body), `The server answered with status ${response.status}.`);
}

function codeOf(body: unknown): ErrorCode {
  const code = typeof body === "object" && body !== null && "code" in body ? body.code : null;
  return isErrorCode(code) ? code : "INTERNAL";
}
