import type { Context } from "hono";
import type { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";

/** @throws TributaryError REQUEST_INVALID, which names what was not understood */
export async function parsedBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await c.req.json().catch(() => null));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "body";
  throw new TributaryError("REQUEST_INVALID", `${where}: ${issue?.message ?? "not understood"}`);
}
