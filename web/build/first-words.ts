import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import compile from "icu-minify/compile";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { formatMessage } from "../../shared/words/format-message.ts";
import {
  directionOf,
  LANGUAGE_COOKIE,
  LANGUAGES,
  type Language,
} from "../../shared/words/language.ts";
import type { Key, WordFile } from "../words/keys.ts";
import { PAGE_WORDS } from "../words/page-words.ts";

/**
 * What a page says before its scripts run, in each language: its title, its direction, and that it needs
 * JavaScript. The messages of the person's language are fetched beside the scripts, not after them.
 */

const SITE = "Tributary";

/** Words and title by HTML file. A null title: the Worker writes it, or the page is inside another site's page. */
export const PAGES: Readonly<Record<string, { words: readonly WordFile[]; title: Key | null }>> = {
  "/index.html": { words: PAGE_WORDS.upload, title: "upload.shareAVideoFromThis" },
  "/frame-upload.html": { words: PAGE_WORDS.upload, title: "upload.shareAVideoFromThis" },
  "/frame-refused.html": { words: PAGE_WORDS.frameRefused, title: "errors.FRAME_REFUSED.title" },
  "/contribute.html": { words: PAGE_WORDS.contribute, title: "contribute.lendAHand" },
  "/pool.html": { words: PAGE_WORDS.pool, title: "pool.pool" },
  "/videos.html": { words: PAGE_WORDS.videos, title: "videos.videos" },
  "/admin.html": { words: PAGE_WORDS.admin, title: "admin.operator" },
  "/watch.html": { words: PAGE_WORDS.watch, title: null },
  "/embed.html": { words: PAGE_WORDS.watch, title: null },
};

const DATA_ID = "first-words";
const FIRST_SCRIPT = /<script type="module"/;

/** Chooses the language as web/words/words.ts does. Runs before anything is loaded, in old browsers too. */
const SCRIPT = `try {
  const pages = JSON.parse(document.getElementById("${DATA_ID}").textContent);
  const kept = (/(?:^|; )${LANGUAGE_COOKIE}=([a-z]+)/.exec(document.cookie) || [])[1];
  const wanted = [kept].concat(navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]));
  const language = wanted.find((each) => Object.hasOwn(pages, each)) || "en";
  const { words, title, dir } = pages[language];
  document.documentElement.lang = language;
  document.documentElement.dir = dir;
  if (title) document.title = title;
  for (const href of words) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href });
    document.head.append(link);
  }
  const manifest = document.querySelector('link[rel="manifest"]');
  if (manifest && language !== "en") manifest.href = "/app." + language + ".webmanifest";
} catch {}`;

/** Hash of the only inline script of the pages, for the Content-Security-Policy. */
export const FIRST_WORDS_HASH = `'sha256-${createHash("sha256").update(SCRIPT).digest("base64")}'`;

/** Manifests in other languages than English, beside `app.webmanifest`. */
export const MANIFESTS = languages().flatMap((language) =>
  language === "en" ? [] : [{ language, fileName: `app.${language}.webmanifest` }],
);

/** Writes the first words into each page, and the manifests of other languages. */
export function firstWords(): Plugin {
  return {
    name: "tributary:first-words",
    transformIndexHtml: {
      order: "post",
      handler(html, { path, bundle }) {
        // A page without this element is complete without scripts.
        if (!html.includes('id="page"')) return [];
        const tags = [withoutScripts()];
        const page = PAGES[path];
        if (page === undefined || bundle === undefined) return tags;
        const chunkOf = (language: Language, file: WordFile) => {
          const chunk = Object.values(bundle).find(
            (each) =>
              each.type === "chunk" &&
              each.facadeModuleId?.endsWith(`/words/${language}/${file}.json`),
          );
          if (chunk === undefined)
            throw new Error(`There is no chunk of ${language}/${file}.json.`);
          return `/${chunk.fileName}`;
        };
        const data = Object.fromEntries(
          languages().map((language) => [
            language,
            {
              dir: directionOf(language),
              words: page.words.map((file) => chunkOf(language, file)),
              ...(page.title !== null && { title: titleOf(page.title, language) }),
            },
          ]),
        );
        const json = JSON.stringify(data).replaceAll("<", "\\u003c");
        const first = `<script type="application/json" id="${DATA_ID}">${json}</script>\n<script>${SCRIPT}</script>\n`;
        // Before the style sheets: a script behind one waits until it has loaded.
        return { html: html.replace(FIRST_SCRIPT, (found) => first + found), tags };
      },
    },
    generateBundle() {
      if (this.environment.name !== "client") return;
      const english = JSON.parse(read("../public/app.webmanifest")) as Record<string, unknown>;
      for (const { language, fileName } of MANIFESTS) {
        const description = say("upload.start.lead", language);
        const manifest = { ...english, description, lang: language, dir: directionOf(language) };
        this.emitFile({ type: "asset", fileName, source: JSON.stringify(manifest) });
      }
    },
  };
}

/** The noscript sentence in all languages, since no script can choose one. */
function withoutScripts(): HtmlTagDescriptor {
  const sentences = languages().map((language): HtmlTagDescriptor => {
    const { noScript } = JSON.parse(read(`../../edge/pages/words/${language}.json`));
    return { tag: "p", attrs: { lang: language, dir: directionOf(language) }, children: noScript };
  });
  return { tag: "noscript", children: sentences, injectTo: "body" };
}

function titleOf(key: Key, language: Language): string {
  const text = say(key, language);
  return text.includes(SITE) ? text : `${text} · ${SITE}`;
}

function say(key: Key, language: Language): string {
  const [file = "", ...name] = key.split(".");
  const messages = JSON.parse(read(`../words/${language}/${file}.json`)) as Record<string, string>;
  const message = compile(messages[name.join(".")] ?? "");
  return String(formatMessage(message, language, { site: SITE }, directionOf(language)));
}

function languages(): Language[] {
  return Object.keys(LANGUAGES) as Language[];
}

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
}
