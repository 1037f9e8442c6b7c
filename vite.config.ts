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

// Two servers on one state folder fail with SQLITE_BUSY, so a second one needs its own TRIBUTARY_STATE.
const stateDir = process.env["TRIBUTARY_STATE"] ?? here(".wrangler/state");
const port = Number(process.env["PORT"] ?? 8787);
const https = certificate();

/** Files that the development server never serves: Vite's defaults, and the secrets of the local state. */
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

// Off, because the emulator's explorer would show all of its storage.
process.env["X_LOCAL_EXPLORER"] ??= "false";
process.env["X_LOCAL_OBSERVABILITY"] ??= "false";

/** Modules that nearly all pages use. They go into one chunk in place of twenty small ones. */
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
    // In the state folder, so that two servers do not share it.
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
          // The Worker gets only secrets that are listed. For a deployed site this one is optional
          // (edge/local/deploy.ts).
          worker.secrets?.required?.push("ADMIN_TOKEN");
          // Set here, because buckets in a returned configuration would be added to these.
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
    // No CORS headers by Vite: the Worker decides which sites may read what.
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
      // All browsers that can run the pages support module preload.
      modulePreload: { polyfill: false },
    },
    environments: {
      client: {
        optimizeDeps: {
          // Not bundled, because its files refer to each other by address.
          exclude: ["@ffmpeg/ffmpeg"],
          // Listed, because a dependency that Vite finds only later makes open pages reload.
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

/** For `--host`: the certificate for secure pages on other devices (edge/local/certificate.ts). */
function certificate() {
  const { TRIBUTARY_TLS_KEY: key, TRIBUTARY_TLS_CERT: cert } = process.env;
  if (!key || !cert) return {};
  return {
    https: {
      key: readFileSync(key),
      cert: readFileSync(cert),
      // HTTP/1.1 only: HTTP/2 has no host header, and the local storage would refuse every signature.
      ALPNCallback: ({ protocols }: { protocols: string[] }) =>
        protocols.find((each) => each === "http/1.1"),
    },
  };
}

/**
 * Sets the local bucket's credentials and generated secrets in place of production's, so that the Worker reads the
 * same bindings everywhere.
 */
function useLocalSecrets({ accessKeyId, secretAccessKey }: StorageCredentials) {
  // Overrides the environment, because the local bucket accepts no other credentials.
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

/** Origin of the account's S3 host. Null: the local endpoint on the pages' own origin is used. */
function storageOrigin(): string | null {
  const { vars } = readWranglerConfig({ config: here("wrangler.toml") }, { hideWarnings: true });
  const endpoint = process.env["S3_ENDPOINT"] ?? String(vars["S3_ENDPOINT"] ?? "");
  return endpoint === "" ? null : new URL(endpoint).origin;
}
