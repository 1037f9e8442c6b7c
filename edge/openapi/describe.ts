import type { MiddlewareHandler } from "hono";
import { type DescribeRouteOptions, describeRoute } from "hono-openapi";
import type { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../shared/job/errors.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { schemaRef } from "./schemas.ts";

/** The document's groups of routes, in order. */
export const TAGS = ["Uploads", "Jobs", "Helpers", "Pools", "Videos", "Site", "Operator"] as const;

type Responses = NonNullable<DescribeRouteOptions["responses"]>;
type Body = { schema: Record<string, unknown> };

/** Description of a route, in addition to its address, parameters and body. */
export interface RouteDescription {
  tag: (typeof TAGS)[number];
  /** The `operationId`. */
  id: string;
  summary: string;
  detail?: string;
  /**
   * The token that the route needs. `owner`: the job owner's; `owner-or-operator`: or the site operator's. `job`: any
   * token of the job. `create`: the site's, if it has one. `private`: only for a private video. `...-optional`: none,
   * but with this token the answer has more. `pool`: any token of the pool; `pool-operator`: its operator's.
   */
  access:
    | "anyone"
    | "create"
    | "owner"
    | "owner-or-operator"
    | "job"
    | "private"
    | "owner-optional"
    | "operator"
    | "operator-optional"
    | "pool"
    | "pool-operator";
  /** Schemas of alternative bodies. `jsonBody` describes a single one by itself. */
  bodies?: readonly z.ZodType[];
  /** The media type of a body that is not JSON. */
  upload?: string;
  /** Schemas of the answers by status; null for no body, "events" for server-sent events. */
  answers: Readonly<Partial<Record<200 | 201 | 202 | 204, z.ZodType | "events" | null>>>;
  /** Errors that a client can cause. */
  errors: readonly ErrorCode[];
}

/** Middleware with the route's part of the OpenAPI document. It has to be the first of the route's handlers. */
export function describe(route: RouteDescription): MiddlewareHandler {
  const { tag, id, summary, detail = "", access, bodies, upload, answers, errors } = route;
  return describeRoute({
    tags: [tag],
    operationId: id,
    summary,
    description: [detail, TOKENS[access]].filter((text) => text !== "").join("\n\n"),
    security: SECURITY[access],
    ...(bodies === undefined
      ? {}
      : { requestBody: { required: true, content: json({ anyOf: bodies.map(schemaRef) }) } }),
    ...(upload === undefined ? {} : { requestBody: { required: true, content: binary(upload) } }),
    responses: { ...successes(answers, summary), ...problems(errors) },
  });
}

const TOKENS: Record<RouteDescription["access"], string> = {
  anyone: "",
  create: "Token: the site's, where it asks for one.",
  owner: "Token: the owner's.",
  "owner-or-operator": "Token: the owner's or the operator's.",
  job: "Token: the owner's, a helper link's (what stands behind its `#`) or a server's.",
  private: "Token: none; of a private video the owner's or the operator's.",
  "owner-optional":
    "Token: none, or the owner's or the operator's, which shows more. A private video needs one of them, or that of a link for helpers.",
  operator: "Token: the operator's.",
  "operator-optional": "Token: none, or the operator's, which shows all.",
  pool: "Token: of one of the pool's links (what stands behind its `#`) or its operator's.",
  "pool-operator": "Token: the pool operator's.",
};

const SECURITY: Record<RouteDescription["access"], Record<string, string[]>[]> = {
  anyone: [],
  create: [{}, { create: [] }],
  owner: [{ owner: [] }],
  "owner-or-operator": [{ owner: [] }, { operator: [] }],
  job: [{ owner: [] }, { helper: [] }],
  private: [{}, { owner: [] }, { operator: [] }],
  "owner-optional": [{}, { owner: [] }, { operator: [] }],
  operator: [{ operator: [] }],
  "operator-optional": [{}, { operator: [] }],
  pool: [{ pool: [] }],
  "pool-operator": [{ pool: [] }],
};

function successes(answers: RouteDescription["answers"], description: string): Responses {
  return Object.fromEntries(
    Object.entries(answers).map(([status, body]) => {
      if (body === null) return [status, { description }];
      if (body !== "events") return [status, { description, content: json(schemaRef(body)) }];
      return [status, { description, content: { "text/event-stream": { schema: EVENTS } } }];
    }),
  );
}

const EVENTS = { type: "string" } as const;

/** Groups codes by HTTP status, because several codes of a route may have the same status. */
function problems(codes: readonly ErrorCode[]): Responses {
  const byStatus = Map.groupBy(codes, (code) => ERROR_CODES[code].status);
  const content = { "application/problem+json": { schema: schemaRef(problemSchema) } };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [status, { description: names.join(", "), content }]),
  );
}

function binary(type: string): Record<string, Body> {
  return { [type]: { schema: { type: "string", format: "binary" } } };
}

function json(schema: Record<string, unknown>): Record<"application/json", Body> {
  return { "application/json": { schema } };
}
