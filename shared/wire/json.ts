/** The value of a JSON text; undefined for what is no JSON: every schema refuses that. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
