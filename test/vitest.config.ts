import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { newStorageCredentials } from "../edge/local/storage-credentials.ts";
import { compileWords } from "../web/build/compile-words.ts";
import { ClosingLine } from "./setup/closing-line.ts";
import { forwardToLocalStorage } from "./setup/local-storage.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (path: string) => join(root, path);

const storage = newStorageCredentials();
useLocalSecrets();

/** WebKitGTK, and captions in other players, in `npm run test:clips`; the tables of `npm run browsers`. */
const OTHER_BROWSERS = ["webkit", "matrix", "players", "captions"].map(
  (name) => `test/browsers/${name}.test.ts`,
);

/**
 * In CI a failed test is tried again, because a browser on a busy machine may miss a time limit. The closing lines
 * name these tests.
 */
const retry = process.env["CI"] === undefined ? 0 : 1;

/**
 * Tests with several encoders and servers at once, which take minutes each on two cores. Only `npm run test:clips`
 * runs them.
 */
const LONG_E2E = ["api", "five-files", "server-engine", "server-faults", "three-engines"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

const expectations = {
  // Polls wait for a page or a server. The default of a second would test their speed.
  poll: { timeout: 30_000 },
};

/**
 * One project for each runtime. The first four run at the same time. `web`, `e2e` and `browsers` drive browsers
 * that encode video on all cores, so each runs alone, one file at a time.
 */
export default defineConfig({
  root,
  test: {
    root,
    expect: expectations,
    reporters: ["default", new ClosingLine()],
    maxWorkers: 2,
    projects: [
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "node",
          expect: expectations,
          environment: "node",
          // Everything that no other project includes, so that no test is left out unnoticed.
          include: ["test/**/*.test.ts"],
          exclude: ["test/{edge,container,ingest,web,e2e,browsers}/**"],
          testTimeout: 30_000,
        },
      },
      {
        root,
        plugins: [
          compileWords(),
          cloudflareTest(async () => ({
            wrangler: { configPath: at("wrangler.toml") },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await migrations(),
              },
              r2Buckets: { MEDIA: { id: "tributary-media", s3Credentials: storage } },
              outboundService: forwardToLocalStorage,
            },
          })),
        ],
        test: {
          name: "edge",
          expect: expectations,
          include: ["test/edge/**/*.test.ts"],
          globalSetup: ["test/setup/made-job.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "container",
          expect: expectations,
          environment: "node",
          include: ["test/container/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "ingest",
          expect: expectations,
          environment: "node",
          include: ["test/ingest/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "web",
          retry,
          expect: expectations,
          environment: "node",
          include: ["test/web/**/*.test.ts"],
          setupFiles: ["test/setup/load-words.ts"],
          globalSetup: ["test/setup/serve-dev.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "e2e",
          retry,
          expect: expectations,
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          exclude: process.env["TRIBUTARY_CLIPS"] === "all" ? [] : LONG_E2E,
          globalSetup: ["test/setup/serve-preview.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        root,
        plugins: [compileWords()],
        test: {
          name: "browsers",
          retry,
          expect: expectations,
          environment: "node",
          include: ["test/browsers/**/*.test.ts"],
          exclude: process.env["TRIBUTARY_CLIPS"] === "all" ? [] : OTHER_BROWSERS,
          globalSetup: ["test/setup/serve-preview.ts"],
          testTimeout: 420_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});

/** Like vite.config.ts: credentials of the emulated bucket and a secret, made for this run. */
function useLocalSecrets() {
  process.env["R2_ACCESS_KEY_ID"] = storage.accessKeyId;
  process.env["R2_SECRET_ACCESS_KEY"] = storage.secretAccessKey;
  process.env["SIGNING_SECRET"] = randomBytes(32).toString("base64url");
}

/** For `applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS)`. */
async function migrations() {
  const dir = at("edge/catalog/migrations");
  return existsSync(dir) ? readD1Migrations(dir) : [];
}
