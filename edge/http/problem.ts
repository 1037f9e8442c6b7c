import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { ERROR_CODES, type ErrorCode, TributaryError } from "../../shared/job/errors.ts";
import type { Problem } from "../../shared/wire/problem.ts";

/** An error as problem details (RFC 9457). Programs look at `code`, which is from shared/job/errors.ts. */

/** An answer with an error. Its status follows from the code. */
export function problemResponse(code: ErrorCode, detail: string): Response {
  const { status } = ERROR_CODES[code];
  const problem: Problem = {
    // The type for errors without a page of their own (RFC 9457, 4.2.1). `title` is then that of the status.
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    code,
    detail,
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      // RFC 9110, 15.5.2; RFC 6750, 3.
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    },
  });
}

/** Converts thrown errors to answers. This is the app's only place for that. */
export function onError(thrown: Error, c: Context): Response {
  if (thrown instanceof TributaryError) return problemResponse(thrown.code, thrown.message);
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return problemResponse("REQUEST_INVALID", thrown.message || "The request was not understood.");
  }
  console.error(`${c.req.method} ${c.req.path} failed`, thrown);
  return problemResponse("INTERNAL", "Something went wrong here.");
}

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
