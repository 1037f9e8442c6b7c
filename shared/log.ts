/**
 * Prints an event as one line of JSON. `wrangler tail`, the dashboard and a container's output can be
 * filtered by its fields. Fields hold ids and codes only, never secrets: tokens, headers, a URL's query.
 */
export function log(
  event: string,
  fields: Record<string, string | number | boolean | null | undefined>,
): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}
