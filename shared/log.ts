/**
 * One line an event, as JSON: `wrangler tail`, the dashboard and a container's output are filtered by
 * its fields. Ids and codes only; never a token, a header or a URL's query, which are secrets.
 */
export function log(
  event: string,
  fields: Record<string, string | number | boolean | null | undefined>,
): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}
