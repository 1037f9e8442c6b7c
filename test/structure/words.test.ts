import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { expect, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { LANGUAGES, type Language } from "../../shared/words/language.ts";
import { PAGES as FIRST_PAGES } from "../../web/build/first-words.ts";
import { WORD_FILES, type WordFile } from "../../web/words/keys.ts";
import { PAGE_WORDS } from "../../web/words/page-words.ts";
import {
  children,
  findTexts,
  NAMES,
  type Node,
  parseFile,
  textsOfMarkup,
  walk,
} from "./page-texts.ts";

type Messages = Record<string, string>;

const OTHERS = (Object.keys(LANGUAGES) as Language[]).filter((language) => language !== "en");
/** Folders whose texts are for people. */
const FOLDERS = [
  ...["pages", "ui", "player", "captions", "files", "pictures", "element", "offline"].map(
    (folder) => `web/${folder}`,
  ),
  "edge/pages",
];
/** Files whose texts are not for people, or are the same in all languages. */
const DATA: readonly string[] = [
  // Names that devices choose for themselves.
  "web/pages/contribute/friendly-name.ts",
  // Answers to scripts of other pages.
  "web/pages/embed/player-js.ts",
  // Formats have the same name in all languages.
  "web/ui/format-names.ts",
];
const sources = [
  ...FOLDERS.flatMap((folder) => sourcesBelow(join(root, folder))),
  join(root, "edge/routes/pages.ts"),
];

/** The messages of all files by the keys that pages use: "upload.start.title". */
function messagesOf(language: Language): Messages {
  return {
    ...Object.fromEntries(
      WORD_FILES.flatMap((file) =>
        Object.entries(read(`web/words/${language}/${file}.json`)).map(([key, message]) => [
          `${file}.${key}`,
          message,
        ]),
      ),
    ),
    ...Object.fromEntries(
      Object.entries(read(`edge/pages/words/${language}.json`)).map(([key, message]) => [
        `edge.${key}`,
        message,
      ]),
    ),
  };
}

function read(path: string): Messages {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

const english = messagesOf("en");

test("pages have no texts of their own: all stand in the message files", () => {
  const read = sources.filter((file) => !DATA.includes(relative(root, file)));
  const found = read.flatMap((file) =>
    findTexts(readFileSync(file, "utf8"), file).map(
      ({ line, text }) => `${relative(root, file)}:${line} ${text}`,
    ),
  );
  expect(found).toEqual([]);
});

test.each([
  ["<p>Look at this</p>", ["Look at this"]],
  ["<b>{isLate ? 'Too late' : 'In time'}</b>", ["Too late", "In time"]],
  ['<input aria-label="Title" class="wide field" />', ["Title"]],
  ['<Figure name="Speed" />', ["Speed"]],
  ["const text = `It takes $" + "{left} more minutes`;", ["It takes … more minutes"]],
  ['const say = () => "Nothing was found.";', ["Nothing was found."]],
  ['throw new Error("for programmers alone");', []],
  ['<p class="a b">{t("upload.start.title")}</p>', []],
  ['const page = html`<h1 title="Look here">Too $' + "{late}</h1>`;", ["Look here", "Too"]],
  ['const page = html`<p class="a b">$' + "{isLate ? 'Too late' : ''}</p>`;", ["Too late"]],
  ['html`<meta name="robots" content="noindex" />$' + "{say('noVideo.title')}`;", []],
])("a text outside is found: %s", (code, texts) => {
  expect(findTexts(code, "a.tsx").map(({ text }) => text)).toEqual(texts);
});

/** Their titles are the Worker's (edge/pages/), which writes the rest of them, too. */
const WORKERS_PAGES = ["404.html", "embed.html", "watch.html"];

test.each(readdirSync(join(root, "web")).filter((name) => name.endsWith(".html")))(
  "%s has no text of its own, and a title in each language",
  (name) => {
    const html = readFileSync(join(root, "web", name), "utf8");
    const [, title = ""] = /<title>(.*?)<\/title>/.exec(html) ?? [];
    const plain = title.replace(/(?: · )?Tributary/, "");
    if (plain !== "API" && !WORKERS_PAGES.includes(name))
      expect(FIRST_PAGES[`/${name}`]?.title, title).toBeTruthy();
    const texts = textsOfMarkup(html.replace(/<title>.*?<\/title>/, ""));
    expect(texts.filter((text) => !NAMES.includes(text.trim()))).toEqual([]);
  },
);

test("a browser that is too old is told so in each language", () => {
  const script = readFileSync(join(root, "web/public/too-old.js"), "utf8");
  for (const language of Object.keys(LANGUAGES)) {
    expect(script).toMatch(new RegExp(`^ +${language}: "[^"]{40,}",$`, "m"));
  }
});

test("German addresses people as “Sie”, everywhere", () => {
  const familiar =
    // cspell:disable-next-line
    /(?<!\p{L})(?:du|deine?[mnrs]?|dich|dir|lass|wähle|öffne|prüfe|lade|drücke|gib|nimm|warte)(?!\p{L})/iu;
  const found = Object.entries(messagesOf("de")).filter(([, message]) => familiar.test(message));
  expect(found).toEqual([]);
});

test.each(OTHERS)("%s says all that English says, and no more", (language) => {
  expect(Object.keys(messagesOf(language)).sort()).toEqual(Object.keys(english).sort());
});

test.each(OTHERS)("%s has the same values and tags in each message", (language) => {
  const messages = messagesOf(language);
  const wrong = Object.keys(english).filter(
    (key) => needs(english[key] ?? "").join() !== needs(messages[key] ?? "").join(),
  );
  expect(wrong).toEqual([]);
});

test.each(Object.keys(LANGUAGES) as Language[])("%s has each plural form it needs", (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const missing = Object.entries(messagesOf(language)).flatMap(([key, message]) =>
    plurals(parse(message)).flatMap((options) =>
      forms.filter((form) => !(form in options)).map((form) => `${key}: ${form}`),
    ),
  );
  expect(missing).toEqual([]);
});

test("each message gets the values that it needs, and is used", () => {
  const used = new Set<string>();
  const wrong: string[] = [];
  for (const file of sources) {
    walk(parseFile(readFileSync(file, "utf8"), file), (node) => {
      const key = keyIn(node);
      if (key !== null) for (const each of matching(key)) used.add(each);
      if (node.type !== "CallExpression" || !["t", "rich"].includes(nameOf(node["callee"]))) return;
      const [first, values] = node["arguments"] as Node[];
      if (first === undefined || first.type !== "Literal") return;
      const given = (values?.type === "ObjectExpression" ? (values["properties"] as Node[]) : [])
        .map((property) => nameOf(property["key"]))
        .sort();
      const message = english[String(first["value"])];
      if (message === undefined || needs(message).join() !== given.join()) {
        wrong.push(`${relative(root, file)} ${String(first["value"])}: ${given.join(", ")}`);
      }
    });
  }
  expect(wrong).toEqual([]);
  const worker = ["edge/pages/page-head.ts", "edge/pages/not-found-page.ts", "edge/pages/rss.ts"]
    .concat("edge/routes/pages.ts", "web/404.html")
    .concat("web/build/first-words.ts", "web/build/upload-element.ts")
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join();
  const idle = Object.keys(english).filter((key) => {
    const [, inWorker] = /^edge\.(.*)/.exec(key) ?? [];
    return inWorker === undefined
      ? !used.has(key)
      : !new RegExp(`["{ ]${inWorker}["} ]`).test(worker);
  });
  expect(idle).toEqual([]);
});

const { upload, uploadLater } = PAGE_WORDS;
const ENTRIES: Readonly<Record<string, readonly WordFile[]>> = {
  "admin/entry.tsx": PAGE_WORDS.admin,
  "api-reference/entry.tsx": PAGE_WORDS.reference,
  "contribute/entry.tsx": PAGE_WORDS.contribute,
  "pool/entry.tsx": PAGE_WORDS.pool,
  "upload/entry.tsx": [...upload, ...uploadLater],
  "upload/frame-entry.ts": [...upload, ...uploadLater],
  "upload/frame-refused.tsx": PAGE_WORDS.frameRefused,
  "videos/entry.tsx": PAGE_WORDS.videos,
  "watch/entry.tsx": PAGE_WORDS.watch,
  "embed/entry.tsx": PAGE_WORDS.watch,
};

test.each(Object.entries(ENTRIES))("%s loads the messages that it shows", (entry, loaded) => {
  const shown = new Set<WordFile>();
  for (const file of reachable(join(root, "web/pages", entry))) {
    walk(parseFile(readFileSync(file, "utf8"), file), (node) => {
      const [key] = matching(keyIn(node) ?? "");
      if (key !== undefined) shown.add(key.split(".")[0] as WordFile);
    });
  }
  expect([...shown].filter((file) => !loaded.includes(file))).toEqual([]);
});

/** The key, or pattern of keys ("upload.start.*"), in a node of code; null: the node has none. */
function keyIn(node: Node): string | null {
  if (node.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node.type !== "TemplateLiteral") return null;
  return (node["quasis"] as { value: { raw: string } }[]).map(({ value }) => value.raw).join("*");
}

function matching(key: string): string[] {
  if (key in english) return [key];
  if (!/^[a-z]+\.[\w.*-]*\*[\w.*-]*$/.test(key)) return [];
  const pattern = new RegExp(`^${key.replaceAll(".", "\\.").replaceAll("*", "[\\w-]+")}$`);
  return Object.keys(english).filter((each) => pattern.test(each));
}

function nameOf(node: unknown): string {
  const { name, value } = (node ?? {}) as { name?: string; value?: string };
  return name ?? value ?? "";
}

/** Names of a message's values and tags, without repeats. */
function needs(message: string): string[] {
  const names = new Set<string>();
  const visit = (elements: readonly MessageFormatElement[]) => {
    for (const element of elements) {
      if (element.type === TYPE.literal || element.type === TYPE.pound) continue;
      names.add(element.value);
      if (element.type === TYPE.tag) visit(element.children);
      if (element.type === TYPE.plural || element.type === TYPE.select) {
        for (const option of Object.values(element.options)) visit(option.value);
      }
    }
  };
  visit(parse(message));
  return [...names].sort();
}

function plurals(elements: readonly MessageFormatElement[]): object[] {
  return elements.flatMap((element) => {
    if (element.type === TYPE.tag) return plurals(element.children);
    if (element.type !== TYPE.plural && element.type !== TYPE.select) return [];
    const inside = Object.values(element.options).flatMap(({ value }) => plurals(value));
    return element.type === TYPE.plural ? [element.options, ...inside] : inside;
  });
}

/**
 * All sources that a page's entry imports, directly or not, with the entry itself. Workers are left out: pages show
 * their messages.
 */
function reachable(entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string) => {
    if (found.has(file)) return;
    found.add(file);
    for (const node of children(parseFile(readFileSync(file, "utf8"), file))) {
      walk(node, (each) => {
        if (
          !["ImportDeclaration", "ExportNamedDeclaration", "ImportExpression"].includes(each.type)
        ) {
          return;
        }
        if (each["importKind"] === "type") return;
        const specifier = nameOf(each["source"]);
        if (/^\..*\.tsx?$/.test(specifier)) visit(resolve(dirname(file), specifier));
      });
    }
  };
  visit(entry);
  return found;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
