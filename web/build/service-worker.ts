import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { PAGE_WORDS } from "../words/page-words.ts";

/**
 * The entry's name in `rollupOptions.input`, and the name of its file. That file lies at the site's root, because
 * a service worker's scope is its folder.
 */
export const SERVICE_WORKER = "service-worker";

/** Files that the start page needs besides its scripts and style sheets. */
const STATIC_FILES = ["/", "/favicon.svg", "/app.webmanifest", "/icon-192.png"];

/** Message files of the start page; a part of {@link LATER}. */
const START_WORDS = [...PAGE_WORDS.upload, ...PAGE_WORDS.uploadLater].join("|");
const LATER = new RegExp(
  `/words/[a-z]{2}/(?:${START_WORDS})\\.json$|/pages/upload/phase-view\\.tsx$|/web/edge-client\\.ts$`,
);

/** For `entryFileNames`: only the service worker's name has no hash. */
export function entryName({ name }: { name: string }): string {
  return name === SERVICE_WORKER ? `${name}.js` : "assets/[name]-[hash].js";
}

/**
 * Writes the list of files to keep into the service worker: scripts and style sheets of the start page, and its
 * messages in all languages.
 */
export function serviceWorker(): Plugin {
  return {
    name: "tributary:service-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = Object.values(bundle).find(
          (file) => file.type === "chunk" && file.isEntry && file.name === SERVICE_WORKER,
        );
        if (worker?.type !== "chunk") return;
        const wanted = new Set<string>();
        const add = (fileName: string) => {
          const file = bundle[fileName];
          if (file?.type !== "chunk" || wanted.has(fileName)) return;
          wanted.add(fileName);
          for (const sheet of file.viteMetadata?.importedCss ?? []) wanted.add(sheet);
          for (const imported of file.imports) add(imported);
        };
        for (const file of Object.values(bundle)) {
          if (file.type !== "chunk") continue;
          if (file.isEntry && file.name === "index") add(file.fileName);
          if (LATER.test(file.facadeModuleId ?? "")) add(file.fileName);
        }
        const shell = [...STATIC_FILES, ...[...wanted].sort().map((file) => `/${file}`)];
        const hash = createHash("sha256").update(shell.join("\n"));
        for (const file of wanted) {
          const { type } = bundle[file] ?? {};
          if (type === "chunk") hash.update(file);
        }
        worker.code =
          `const SHELL = ${JSON.stringify(shell)};\n` +
          `const BUILD = ${JSON.stringify(hash.digest("hex").slice(0, 12))};\n${worker.code}`;
      },
    },
  };
}
