import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { uniqueSymbol } from "hono-openapi";
import type { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { parseJson } from "../../shared/wire/json.ts";
import { jsonSchema, schemaRef } from "../openapi/schemas.ts";
import type { AppEnv } from "./app-env.ts";

/** Parsed parts of requests for handlers: `c.req.valid("json")`, `c.req.valid("query")`. */

type Validates<Target extends "json" | "query", S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [K in Target]: z.input<S> }; out: { [K in Target]: z.output<S> } }
>;

/** The most bytes of a body with names, addresses and a few numbers. */
const SMALL_BODY_BYTES = 64 * 1024;

/**
 * Refuses larger bodies, and does not read them.
 * @throws TributaryError REQUEST_INVALID
 */
export function limitedBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      const kilobytes = Math.floor(maxBytes / 1024);
      throw new TributaryError("REQUEST_INVALID", `The body is larger than ${kilobytes} kB.`);
    },
  });
}

/**
 * Provides the body as `c.req.valid("json")`, whatever its content type is. Hono's own validator would treat a body of
 * another type as an empty object.
 * @param schema one of NAMED_SCHEMAS; the OpenAPI document refers to it by that name
 * @param options.maxBytes default: 64 kB
 * @throws TributaryError REQUEST_INVALID, which names the invalid fields
 */
export function jsonBody<S extends z.ZodType<object>>(
  schema: S,
  { optional = false, maxBytes = SMALL_BODY_BYTES }: { optional?: boolean; maxBytes?: number } = {},
): Validates<"json", S> {
  const limited = limitedBody(maxBytes);
  const validates: Validates<"json", S> = (c, next) =>
    limited(c, async () => {
      c.req.addValidatedData("json", await parsedBody(c, schema, { optional }));
      await next();
    });
  return described(validates, "json", schemaRef(schema));
}

/**
 * Provides the query as `c.req.valid("query")`.
 * @throws TributaryError REQUEST_INVALID, which names the invalid fields
 */
export function query<S extends z.ZodType<object>>(schema: S): Validates<"query", S> {
  const validates: Validates<"query", S> = async (c, next) => {
    c.req.addValidatedData("query", understood(schema, c.req.query(), "query"));
    await next();
  };
  return described(validates, "query", jsonSchema(schema));
}

/** Makes the schema visible to hono-openapi, like those of its own validators. */
function described<M extends MiddlewareHandler>(
  middleware: M,
  target: "json" | "query",
  schema: Record<string, unknown>,
): M {
  const toOpenAPISchema = async () => ({ schema, components: undefined });
  return Object.assign(middleware, { [uniqueSymbol]: { target, toOpenAPISchema } });
}

/** @throws TributaryError REQUEST_INVALID, which names the invalid fields */
export async function parsedBody<S extends z.ZodType>(
  c: Context,
  schema: S,
  { optional = false }: { optional?: boolean } = {},
): Promise<z.output<S>> {
  const text = await c.req.text();
  return understood(schema, optional && text === "" ? {} : parseJson(text), "body");
}

function understood<S extends z.ZodType>(schema: S, given: unknown, whole: string): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || whole;
  throw new TributaryError("REQUEST_INVALID", `${where}: ${issue?.message ?? "not understood"}`);
}
