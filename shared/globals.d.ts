/**
 * The few globals beyond the language itself that code in `shared/` may use. Browsers, Web Workers, workerd
 * and Node all provide them (WinterTC minimum common API).
 * Other tsconfigs do not include this file; they have the full declarations.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare var AbortController: new () => AbortController;

declare var AbortSignal: {
  timeout(ms: number): AbortSignal;
  any(signals: readonly AbortSignal[]): AbortSignal;
};

declare var performance: { now(): number };

declare function setTimeout(callback: () => void, ms: number): object | number;
declare function clearTimeout(timer: object | number): void;

declare function btoa(binary: string): string;
declare function atob(base64: string): string;

declare var crypto: {
  /** Missing in pages on plain http. */
  subtle?: { digest(algorithm: "SHA-256", data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
};

declare var console: { log(line: string): void };
