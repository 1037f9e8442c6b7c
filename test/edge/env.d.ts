declare namespace Cloudflare {
  interface Env {
    /** For `applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS)`; bound by test/vitest.config.ts. */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}

/** A file's text, imported by Vite. */
declare module "*?raw" {
  const text: string;
  export default text;
}

// What the typed client uses in pages.

interface RequestInit<Cf = CfProperties> {
  keepalive?: boolean;
}

interface XMLHttpRequest {
  readonly status: number;
  readonly upload: { onprogress: (() => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  getResponseHeader(name: string): string | null;
  open(method: string, url: string): void;
  send(body: Blob): void;
  abort(): void;
}
declare var XMLHttpRequest: new () => XMLHttpRequest;
