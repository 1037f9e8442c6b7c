/**
 * Which videos this browser began: their owner's tokens, so that the catalogue can offer to delete
 * them. Kept in this browser only; where it keeps nothing, nothing can be deleted from there.
 */

const KEY = "tributary.owned";
const MAX_KEPT = 500;

export function ownerTokenOf(jobId: string): string | null {
  return read()[jobId] ?? null;
}

export function rememberOwned(jobId: string, ownerToken: string): void {
  const kept = Object.entries({ ...read(), [jobId]: ownerToken }).slice(-MAX_KEPT);
  write(Object.fromEntries(kept));
}

export function forgetOwned(jobId: string): void {
  const { [jobId]: _, ...rest } = read();
  write(rest);
}

function read(): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof parsed !== "object" || parsed === null) return {};
    const entries = Object.entries(parsed).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}

function write(owned: Record<string, string>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(owned));
  } catch {
    // Storage is full or forbidden.
  }
}
