import { z } from "zod";
import { ERROR_CODES } from "../../shared/job/errors.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { NAMED_SCHEMAS, OPERATIONS, type Operation, type SchemaName } from "./operations.ts";

/** The OpenAPI 3.1 document, from the schemas that parse. */
export function openApiDocument(origin: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method]: describe(operation) };
  }
  const schemas = Object.fromEntries(
    Object.entries({ ...NAMED_SCHEMAS, Problem: problemSchema }).map(([name, schema]) => [
      name,
      jsonSchema(schema),
    ]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: "Tributary",
      version: "1",
      summary: "Turns videos into adaptive HLS.",
      description:
        "Errors are problem details (RFC 9457) whose `code` programs look at. Times are milliseconds since the epoch; media times are ticks of 1/90,000 s.",
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        owner: {
          type: "http",
          scheme: "bearer",
          description: "The `ownerToken` of the job's creation.",
        },
        create: {
          type: "http",
          scheme: "bearer",
          description: "The site's CREATE_TOKEN, where `GET /api/site` says that there is one.",
        },
      },
    },
  };
}

function describe(operation: Operation): Record<string, unknown> {
  const { id, summary, detail, access, body, answer, errors, path, query = [] } = operation;
  const security =
    access === "anyone"
      ? []
      : access === "owner"
        ? [{ owner: [] }]
        : [{}, { [access === "create" ? "create" : "owner"]: [] }];
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const queryParameters = query.map(({ name, schema, summary: description, required = false }) => ({
    name,
    in: "query",
    required,
    description,
    schema: jsonSchema(schema),
  }));
  const parameters = [...pathParameters, ...queryParameters];
  return {
    operationId: id,
    summary,
    ...(detail === undefined ? {} : { description: detail }),
    security,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: refs(body) } } },
        }),
    responses: {
      [answer.status]: {
        description: summary,
        ...(answer.body === null ? {} : { content: content(answer.body) }),
      },
      ...problems(errors),
    },
  };
}

function content(body: SchemaName | "events"): Record<string, unknown> {
  if (body === "events") return { "text/event-stream": { schema: { type: "string" } } };
  return { "application/json": { schema: refs(body) } };
}

/** Codes by their status: an operation may have several of one. */
function problems(codes: Operation["errors"]): Record<string, unknown> {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const schema = { $ref: "#/components/schemas/Problem" };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.join(", "), content: { "application/problem+json": { schema } } },
    ]),
  );
}

function refs(names: SchemaName | SchemaName[]): Record<string, unknown> {
  if (Array.isArray(names)) return { anyOf: names.map((name) => refs(name)) };
  return { $ref: `#/components/schemas/${names}` };
}

export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", reused: "inline" });
  return rest;
}
