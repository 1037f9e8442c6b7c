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
