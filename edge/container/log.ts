/** One line an event, as JSON. Never a URL's query, a token or a header: those are secrets. */
export function log(event: string, fields: Record<string, string | number | undefined>): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}
