import type { z } from "zod";

/**
 * Parses a stored row, which any version of this program may have written.
 * @param kind kind of row, for the error's text
 * @throws Error that names the kind of row and the invalid fields, but no values
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
