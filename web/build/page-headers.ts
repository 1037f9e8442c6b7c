import type { Plugin } from "vite";
import { FIRST_WORDS_HASH, MANIFESTS } from "./first-words.ts";

export interface PageHeadersOptions {
  /** Origin of the storage that tabs upload to; null where it is the pages' own. */
  storageOrigin: string | null;
}

/** zod compiles its parsers with `new Function`, and tries whether it may: the policy would report that. */
const WITHOUT_EVAL = "globalThis.__zod_globalConfig ??= { jitless: true };";

/**
 * Trusted Types: workers begin from the build's own files, the service worker from its own, or from the empty blob of `browser-support.ts`.
 * Nothing makes HTML or scripts of text.
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
 * Writes `_headers`, by which the asset server (production, `vite preview`) sends the pages' headers with
 * all files: a worker's policy comes with its script. The player's page alone may be framed by other
 * sites. Vite's own server (`npm run dev`) sends none: its
 * styles are inline.
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

/** Goes before the imports of every chunk, of pages as of workers. */
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

/** For all pages but the API's reference: swagger-ui makes HTML of text. */
const TRUSTED_TYPES = { "require-trusted-types-for": "'script'", "trusted-types": "default" };

/** For the page with the player alone: other sites frame it, and it encodes and uploads nothing. */
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
    // An empty one of a blob shows whether the browser has module workers (web/ui/browser-support.ts).
    "worker-src": "'self' blob:",
    "style-src": "'self'",
    // Posters of private videos, and pictures to choose from.
    "img-src": "'self' data: blob:",
    // What hls.js puts together; the stills.
    "media-src": "'self' blob:",
    "connect-src": ["'self'", storageOrigin].filter((each) => each !== null).join(" "),
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
  };
}

/** Nothing here needs any of them; full screen, wake lock and the clipboard are left as they are. */
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
