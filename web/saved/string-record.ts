/** A record of strings in localStorage; empty where this browser stores nothing. Nothing here throws. */
export class StringRecord {
  readonly #key: string;

  /** @param key in localStorage */
  constructor(key: string) {
    this.#key = key;
  }

  read(): Record<string, string> {
    try {
      const parsed: unknown = JSON.parse(localStorage.getItem(this.#key) ?? "{}");
      if (typeof parsed !== "object" || parsed === null) return {};
      const entries = Object.entries(parsed).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      );
      return Object.fromEntries(entries);
    } catch {
      return {};
    }
  }

  /** Adds an entry as the newest, and keeps the newest `max` entries. */
  put(name: string, value: string, max: number): void {
    const { [name]: _, ...rest } = this.read();
    this.#write(Object.fromEntries([...Object.entries(rest), [name, value]].slice(-max)));
  }

  delete(name: string): void {
    const { [name]: _, ...rest } = this.read();
    this.#write(rest);
  }

  #write(record: Record<string, string>): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(record));
    } catch {
      // Storage is full or forbidden.
    }
  }
}
