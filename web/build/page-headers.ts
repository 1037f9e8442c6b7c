import type { Plugin } from "vite";
import { FIRST_WORDS_HASH, MANIFESTS } from "./first-words.ts";

export interface PageHeadersOptions {
  /** Origin of the storage that tabs upload to; null where it is the pages' own origin. */
  storageOrigin: string | null;
}

/** Keeps zod from trying `new Function` to compile its parsers: the browser would report a policy violation. */
const WITHOUT_EVAL = "globalThis.__zod_globalConfig ??= { jitless: true };";

/**
 * Trusted Types policy: worker scripts are the build's own files, the service worker's file, or the empty blob of
 * `browser-support.ts`. No code turns text into HTML or scripts.
 */
const OWN_SCRIPTS_ONLY = `if (globalThis.trustedTypes?.defaultPolicy === null) trustedTypes.createPolicy("default", {
  createScriptURL(text) {
    const url = new URL(text, location.href);
    const isOwn = url.origin === location.origin;
    if (isOwn && (url.protocol === "blob:" || url.pathname.startsWith("/assets/") || url.pathname === "/service-worker.js")) return text;
    throw new TypeError("Not a script of this site: " + text);
  },
});`;

/**
 * Writes `_headers`. With it the asset server (production, `vite preview`) sends the pages' headers with all files,
 * since a worker gets its policy with its script. Only the player's page may be framed by other sites. Vite's own
 * server (`npm run dev`) sends none of them, because its styles are inline.
 */
export function pageHeaders(options: PageHeadersOptions): Plugin {
  return {
    name: "tributary:page-headers",
    apply: "build",
    generateBundle() {
      if (this.environment.name !== "client") return;
      this.emitFile({ type: "asset", fileName: "_headers", source: headersFile(options) });
    },
  };
}

/** Code that goes before the imports of every chunk, both of pages and of workers. */
export function chunkBanner({ moduleIds }: { moduleIds: readonly string[] }): string {
  const hasZod = moduleIds.some((id) => id.includes("/node_modules/zod/"));
  return hasZod ? `${OWN_SCRIPTS_ONLY}\n${WITHOUT_EVAL}` : OWN_SCRIPTS_ONLY;
}

function headersFile({ storageOrigin }: PageHeadersOptions): string {
  const policy = contentPolicy(storageOrigin);
  return `/assets/*.wasmz
  Content-Type: application/octet-stream
${["app.webmanifest", ...MANIFESTS.map(({ fileName }) => fileName)]
  .map((fileName) => `/${fileName}\n  Content-Type: application/manifest+json`)
  .join("\n")}
/service-worker.js
  Cache-Control: no-cache
/assets/*
  Cache-Control: public, max-age=31536000, immutable
/*
  Content-Security-Policy: ${policyText({ ...policy, ...TRUSTED_TYPES })}
  Cross-Origin-Opener-Policy: same-origin
  Permissions-Policy: ${PERMISSIONS}
  Referrer-Policy: same-origin
  X-Content-Type-Options: nosniff
/embed
  ! Content-Security-Policy
  Content-Security-Policy: ${policyText({ ...policy, ...EMBED, ...TRUSTED_TYPES })}
/tributary-upload.js
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  Cache-Control: public, max-age=300
/api-reference
  ! Content-Security-Policy
  Content-Security-Policy: ${policyText(policy)}
`;
}

function policyText(policy: Record<string, string>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");
}

/** For all pages except the API reference, whose swagger-ui turns text into HTML. */
const TRUSTED_TYPES = { "require-trusted-types-for": "'script'", "trusted-types": "default" };

/** For the embedded player's page: other sites frame it, and it encodes and uploads nothing. */
const EMBED = {
  "script-src": `'self' ${FIRST_WORDS_HASH}`,
  "connect-src": "'self'",
  "frame-ancestors": "*",
};

/** Content Security Policy Level 3. */
function contentPolicy(storageOrigin: string | null): Record<string, string> {
  return {
    "default-src": "'none'",
    // The encoders are WebAssembly.
    "script-src": `'self' 'wasm-unsafe-eval' ${FIRST_WORDS_HASH}`,
    // blob: an empty worker from a blob tests for module workers (web/ui/browser-support.ts).
    "worker-src": "'self' blob:",
    "style-src": "'self'",
    // Posters of private videos, and pictures to choose from.
    "img-src": "'self' data: blob:",
    // blob: the media sources of hls.js, and stills.
    "media-src": "'self' blob:",
    "connect-src": ["'self'", storageOrigin].filter((each) => each !== null).join(" "),
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
  };
}

/** Features that no page needs. Full screen, wake lock and the clipboard keep their defaults. */
const PERMISSIONS = [
  "accelerometer",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "serial",
  "usb",
]
  .map((feature) => `${feature}=()`)
  .join(", ");
