/**
 * One line an event, as JSON: `wrangler tail` and the dashboard filter by its fields. Ids and codes
 * only; never a token, a header or a URL's query, which are secrets.
 */
export function log(
  event: string,
  fields: Record<string, string | number | boolean | null | undefined>,
): void {
  console.log(JSON.stringify({ event, ...fields }));
}
