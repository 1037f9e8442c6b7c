import { parseSync } from "vite";

/** A node of the ESTree that oxc returns. */
export interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

/** Parses a source. @param name decides by its ending whether JSX is allowed */
export function parseFile(code: string, name: string): Node {
  const lang = name.endsWith("x") ? "tsx" : "ts";
  return parseSync(name, code, { lang }).program as unknown as Node;
}

export function children(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((each): each is Node => typeof (each as Node | null)?.type === "string");
}

/** Calls `visit` for a node and all its descendants. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of children(node)) walk(child, visit);
}

/** Attributes whose values are shown, or read out by screen readers. */
const LABELS: readonly string[] = [
  "alt",
  "aria-description",
  "aria-label",
  "aria-valuetext",
  "buttonLabel",
  "hint",
  "label",
  "last",
  "name",
  "placeholder",
  "text",
  "title",
];

/** Names that are the same in all languages, and names of keys. */
export const NAMES: readonly string[] = [
  "API",
  "Chrome",
  "Edge",
  "Enter",
  "Escape",
  "Firefox",
  "Models",
  "Safari",
  "Tributary",
  "accept-language, cookie",
  // What a feed says to programs.
  "episodic",
  "false",
  "ffmpeg -i",
  "openapi.json",
  "-c copy video.mp4",
];

/** Calls whose strings are for programmers, or are no texts. */
const UNREAD =
  /Error$|^console\.|^problemResponse$|headers?\.set$|querySelector|closest$|getComponent$|\.split$|^WorkerLink$|[aA]ddEventListener|classList|^(?:t|rich|unread|wireError|notice)$|\.test$/;

/** Fields whose strings are for programmers. `message` is shown only under *Details*. */
const UNREAD_FIELDS: readonly string[] = ["message", "code", "class", "type", "id", '"@type"'];

export interface FoundText {
  line: number;
  text: string;
}

/** Finds texts for people in a source: in JSX, in labels, and in any other literal that reads like a text. */
export function findTexts(code: string, name: string): FoundText[] {
  const found: FoundText[] = [];
  const source = (node: unknown) => {
    const { start, end } = node as { start: number; end: number };
    return code.slice(start, end);
  };
  const add = (node: Node, text: string) => {
    const line = code.slice(0, node.start).split("\n").length;
    const plain = text.replaceAll(/\s+/g, " ").trim();
    const words = NAMES.reduce((rest, each) => rest.replace(each, ""), plain);
    if (/\p{L}{2}/u.test(words)) found.push({ line, text: plain });
  };
  const visit = (node: Node): void => {
    switch (node.type) {
      case "ImportDeclaration":
      case "TSTypeAliasDeclaration":
      case "TSInterfaceDeclaration":
      case "TSTypeAnnotation":
      case "TSTypeParameterInstantiation":
        return;
      case "JSXText":
        if (/\p{L}{2}/u.test(String(node["value"]))) add(node, String(node["value"]));
        return;
      case "JSXAttribute": {
        const value = node["value"] as Node | null;
        const isLabel = LABELS.includes(source(node["name"]));
        if (value === null || (!isLabel && !readsAsTexts(source(node["name"])))) return;
        if (value.type !== "Literal") visit(value);
        else if (isLabel && isLabelText(String(value["value"]))) add(value, String(value["value"]));
        return;
      }
      case "BinaryExpression":
        // A compared string is a name of the platform.
        if (/^(?:[!=]==|in)$/.test(String(node["operator"]))) return;
        break;
      case "VariableDeclarator":
        // An error's message is shown only under *Details*.
        if (source(node["id"]) === "message") return;
        break;
      case "CallExpression":
      case "NewExpression":
        if (UNREAD.test(source(node["callee"]))) return;
        break;
      case "Property":
        if (UNREAD_FIELDS.includes(source(node["key"]))) return;
        visit(node["value"] as Node);
        return;
      case "Literal":
        if (isText(node["value"])) add(node, String(node["value"]));
        return;
      case "TaggedTemplateExpression":
        if (source(node["tag"]) !== "html") break;
        for (const text of textsOfMarkup(partsOf(node["quasi"]).join(VALUE))) add(node, text);
        // What stands between its parts.
        for (const each of (node["quasi"] as Record<string, Node[]>)["expressions"] ?? [])
          visit(each);
        return;
      case "TemplateLiteral": {
        const parts = partsOf(node);
        if (parts.some(isPartOfText) && !/^Bearer $/.test(parts.join("")))
          add(node, parts.join("…"));
        break;
      }
    }
    for (const child of children(node)) visit(child);
  };
  visit(parseFile(code, name));
  return found;
}

/** In the place of what a piece of code puts in. */
const VALUE = "\0";

/** Parts of a template literal between its values. */
function partsOf(template: unknown): string[] {
  const { quasis } = template as { quasis: { value: { raw: string } }[] };
  return quasis.map(({ value }) => value.raw);
}

/** Texts that markup shows or says by itself; one that its Worker says has `data-say` or `data-label`. */
export function textsOfMarkup(markup: string): string[] {
  const found: string[] = [];
  const plain = markup
    .replaceAll(/<!--.*?-->/gs, "")
    .replaceAll(/<(script|style)\b.*?<\/\1>/gs, "")
    .replaceAll(/<(\w+)[^>]*\bdata-say="[^"]*"[^>]*>[^<]*<\/\1>/g, "");
  for (const [tag = ""] of plain.matchAll(/<[^>]*>/g)) {
    if (tag.includes("data-label=")) continue;
    for (const [, name = "", value = ""] of tag.matchAll(/\s([\w-]+)="([^"]*)"/g)) {
      if (SHOWN_ATTRIBUTES.includes(name)) found.push(value);
    }
  }
  found.push(...plain.split(/<[^>]*>/));
  return (
    found
      .flatMap((text) => text.split(VALUE))
      // The rest of an address is none.
      .filter((text) => /\p{L}{2}/u.test(text) && !text.startsWith("/"))
  );
}

const SHOWN_ATTRIBUTES = ["alt", "aria-description", "aria-label", "placeholder", "title"];

/**
 * Whether an attribute other than a label may hold a text: a handler, for example. Most hold classes, addresses and
 * the like.
 */
function readsAsTexts(attribute: string): boolean {
  return /^on[A-Z]/.test(attribute) || attribute === "what" || attribute === "summary";
}

function isLabelText(text: string): boolean {
  return /^\p{Lu}|\p{L} \p{L}/u.test(text);
}

/**
 * Whether a string is two words or more, or one word with a capital like a label. Class names and media types are
 * neither.
 */
function isText(value: unknown): boolean {
  if (typeof value !== "string" || !/\p{L}{2}/u.test(value)) return false;
  return /^\p{L}[^<>{};=/]*\p{L},? \p{L}/u.test(value) || /^[A-Z][a-z]+[….!?]?$/.test(value);
}

function isPartOfText(raw: string): boolean {
  return /\s/.test(raw) && /(?:^|\s)\p{L}{2,}(?:\s|$|[.,])/u.test(raw) && !/[<>{};=/]/.test(raw);
}
