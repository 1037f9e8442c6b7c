import type { z } from "zod";

/**
 * A stored row, whichever version of this program wrote it.
 * @param kind of row, for the error
 * @throws Error that names the kind of row and the fields, no value
 */
export function parseStored<T extends z.ZodType>(
  kind: string,
  schema: T,
  stored: unknown,
): z.output<T> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(`A stored row cannot be read: ${kind}, ${fields}.`);
}
