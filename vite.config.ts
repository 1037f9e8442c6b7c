import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig } from "vite";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import { closeEmulatorAddresses } from "./edge/local/emulator-addresses.ts";
import { localAdminToken, localSigningSecret } from "./edge/local/local-secrets.ts";
import { openStorageToNetwork, sayClientAddress } from "./edge/local/own-network.ts";
import {
  builtStorageCredentials,
  keptStorageCredentials,
  newStorageCredentials,
  type StorageCredentials,
} from "./edge/local/storage-credentials.ts";
import { compileWords } from "./web/build/compile-words.ts";
import { ffmpegAssets } from "./web/build/ffmpeg-assets.ts";
import { firstWords } from "./web/build/first-words.ts";
import { pageHead } from "./web/build/page-head.ts";
import { chunkBanner, pageHeaders } from "./web/build/page-headers.ts";
import { restoreEncoding } from "./web/build/restore-encoding.ts";
import { entryName, SERVICE_WORKER, serviceWorker } from "./web/build/service-worker.ts";
import { uploadElement } from "./web/build/upload-element.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Two servers on one state folder fail with SQLITE_BUSY: whoever starts a second names another.
const stateDir = process.env["TRIBUTARY_STATE"] ?? here(".wrangler/state");
const port = Number(process.env["PORT"] ?? 8787);
const https = certificate();

/** Vite's own, and what the local state keeps secret. */
const DENIED = [
  ".env",
  ".env.*",
  "*.{crt,pem}",
  "**/.git/**",
  "**/signing-secret",
  "**/admin-token",
  "**/storage-secret",
  `${stateDir}/v3/**`,
];

// The emulator's explorer would show all of its storage.
process.env["X_LOCAL_EXPLORER"] ??= "false";
process.env["X_LOCAL_OBSERVABILITY"] ??= "false";

/** What nearly all pages show: one file in place of twenty small ones. */
const COMMON = new RegExp(
  [
    "/node_modules/(?:@preact|preact|icu-minify)/",
    "/shared/(?:clock|retry|time-text)\\.ts$",
    "/shared/(?:words/|job/(?:errors|job-state|language|ticks)\\.ts|(?:plan/audio-choice|wire/visibility)\\.ts)",
    "/web/(?:random-id|saved/(?:owned-videos|site-token|string-record))\\.ts$",
    "/web/(?:ui|words)/[\\w-]+\\.tsx?$",
  ].join("|"),
);

export default defineConfig(({ command, isPreview = false }) => {
  const storage = storageCredentials(command === "build", isPreview);
  useLocalSecrets(storage);
  return {
    root: here("web"),
    // Beside the state, for the same reason.
    cacheDir: join(stateDir, "vite"),
    clearScreen: false,
    plugins: [
      compileWords(),
      restoreEncoding(),
      closeEmulatorAddresses(),
      openStorageToNetwork(),
      sayClientAddress(),
      cloudflare({
        configPath: here("wrangler.toml"),
        config: (worker) => {
          // No other secret reaches the Worker here; of a deployed site it is optional (edge/local/deploy.ts).
          worker.secrets?.required?.push("ADMIN_TOKEN");
          // A function, because what it returns would be added to the buckets.
          for (const bucket of worker.r2_buckets ?? []) {
            bucket.local_dev = { experimental_s3_credentials: storage };
          }
        },
        persistState: { path: stateDir },
        inspectorPort: false,
      }),
      ffmpegAssets({ cacheDir: here(".cache") }),
      uploadElement(here("web/element/tributary-upload.ts")),
      serviceWorker(),
      pageHead(),
      firstWords(),
      pageHeaders({ storageOrigin: storageOrigin() }),
    ],
    worker: {
      format: "es",
      rollupOptions: { output: { banner: chunkBanner } },
      plugins: () => [ffmpegAssets({ cacheDir: here(".cache") })],
    },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    // The Worker says which sites may read what.
    server: {
      port,
      strictPort: true,
      cors: false,
      ...https,
      fs: { allow: [here(".")], deny: DENIED },
    },
    preview: { port, strictPort: true, cors: false, ...https },
    build: {
      outDir: here("dist"),
      emptyOutDir: true,
      target: "es2024",
      // Browsers that can run the pages have it themselves.
      modulePreload: { polyfill: false },
    },
    environments: {
      client: {
        optimizeDeps: {
          // Its files refer to each other by address.
          exclude: ["@ffmpeg/ffmpeg"],
          // Named here, not found on the way: finding one later makes an open page load anew.
          include: [
            "@noble/hashes/legacy.js",
            "@noble/hashes/sha2.js",
            "@preact/signals",
            "comlink",
            "hash-wasm",
            "hls.js",
            "icu-minify/format",
            "idb",
            "mediabunny",
            "p-limit",
            "preact",
            "preact/hooks",
            "preact/jsx-dev-runtime",
            "preact/jsx-runtime",
            "swagger-ui-dist/swagger-ui-es-bundle.js",
            "uqr",
            "zod",
            "zod/mini",
          ],
        },
        build: {
          rollupOptions: {
            output: {
              banner: chunkBanner,
              entryFileNames: entryName,
              codeSplitting: { groups: [{ name: "common", test: COMMON, minShareCount: 5 }] },
            },
            input: {
              [SERVICE_WORKER]: here("web/offline/service.worker.ts"),
              index: here("web/index.html"),
              watch: here("web/watch.html"),
              embed: here("web/embed.html"),
              "frame-upload": here("web/frame-upload.html"),
              "frame-refused": here("web/frame-refused.html"),
              videos: here("web/videos.html"),
              admin: here("web/admin.html"),
              "404": here("web/404.html"),
              contribute: here("web/contribute.html"),
              pool: here("web/pool.html"),
              "api-reference": here("web/api-reference.html"),
            },
          },
        },
      },
    },
  };
});

/** For `--host` (edge/local/certificate.ts): other devices get secure pages. */
function certificate() {
  const { TRIBUTARY_TLS_KEY: key, TRIBUTARY_TLS_CERT: cert } = process.env;
  if (!key || !cert) return {};
  return {
    https: {
      key: readFileSync(key),
      cert: readFileSync(cert),
      // HTTP/2 names the host elsewhere, and the local storage then refuses every signature.
      ALPNCallback: ({ protocols }: { protocols: string[] }) =>
        protocols.find((each) => each === "http/1.1"),
    },
  };
}

/**
 * Production has secrets. Here the local bucket's own credentials and a generated signing secret take their
 * place, so that the Worker reads the same bindings everywhere.
 */
function useLocalSecrets({ accessKeyId, secretAccessKey }: StorageCredentials) {
  // Whatever the environment says: the local bucket takes no others.
  if (storageOrigin() === null) {
    process.env["R2_ACCESS_KEY_ID"] = accessKeyId;
    process.env["R2_SECRET_ACCESS_KEY"] = secretAccessKey;
  }
  process.env["SIGNING_SECRET"] ??= localSigningSecret(stateDir);
  process.env["ADMIN_TOKEN"] ??= localAdminToken(stateDir);
}

function storageCredentials(isBuild: boolean, isPreview: boolean): StorageCredentials {
  if (isPreview) return builtStorageCredentials();
  return isBuild ? newStorageCredentials() : keptStorageCredentials(stateDir);
}

/** The account's S3 host; null where the local endpoint on the pages' own origin takes its place. */
function storageOrigin(): string | null {
  const { vars } = readWranglerConfig({ config: here("wrangler.toml") }, { hideWarnings: true });
  const endpoint = process.env["S3_ENDPOINT"] ?? String(vars["S3_ENDPOINT"] ?? "");
  return endpoint === "" ? null : new URL(endpoint).origin;
}
