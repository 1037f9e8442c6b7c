import { bestLanguage, type Language } from "../../shared/words/language.ts";
import {
  CONTEXT,
  type FrameMessage,
  type HostMessage,
  STYLE_NAMES,
  type UploadEvents,
} from "./messages.ts";

/** Inserted by the build: the frame's name where the host page gives none. */
declare const FRAME_LABELS: Readonly<Record<Language, string>>;

/** By default the site that serves this script also makes the videos. */
const OWN_ORIGIN = new URL(import.meta.url).origin;

const LEAST_HEIGHT = 320;
const STYLE = `
:host { display: block; }
:host([hidden]) { display: none; }
iframe { display: block; width: 100%; border: 0; color-scheme: inherit; }
`;

/**
 * `<tributary-upload>`: the upload page of a Tributary site in a frame. Attributes: `token` (an upload token;
 * may change at any time), `label` (the frame's name for screen readers), `from` (origin of the Tributary site,
 * where the script comes from elsewhere). Events: see `UploadEvents`; they do not bubble. Custom properties: see
 * `STYLE_NAMES`.
 */
class TributaryUpload extends HTMLElement {
  static readonly observedAttributes = ["token", "label", "class", "style"];
  readonly #frame = document.createElement("iframe");
  #removed = new AbortController();

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open", delegatesFocus: true });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    this.#frame.allow =
      "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture; screen-wake-lock; web-share";
    this.#frame.height = String(LEAST_HEIGHT);
    shadow.append(this.#frame);
  }

  connectedCallback(): void {
    this.#removed = new AbortController();
    const { signal } = this.#removed;
    addEventListener("message", (event) => this.#hear(event), { signal });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.#sendStyle(), { signal });
    const address = new URL("/frame/upload", this.#origin);
    address.searchParams.set("site", location.origin);
    const token = this.getAttribute("token");
    // In the fragment, which browsers send to no server.
    if (token) address.hash = new URLSearchParams({ "create-token": token }).toString();
    this.#frame.title = this.#label;
    this.#frame.src = address.href;
  }

  disconnectedCallback(): void {
    this.#removed.abort();
    this.#frame.removeAttribute("src");
  }

  attributeChangedCallback(name: string, _before: string | null, now: string | null): void {
    if (!this.isConnected) return;
    if (name === "label") this.#frame.title = this.#label;
    else if (name === "token") this.#send({ context: CONTEXT, type: "token", token: now ?? "" });
    else this.#sendStyle();
  }

  get #label(): string {
    return this.getAttribute("label") ?? FRAME_LABELS[bestLanguage(navigator.languages)];
  }

  get #origin(): string {
    return URL.parse(this.getAttribute("from") ?? "")?.origin ?? OWN_ORIGIN;
  }

  #send(message: HostMessage): void {
    this.#frame.contentWindow?.postMessage(message, this.#origin);
  }

  #sendStyle(): void {
    const style = getComputedStyle(this);
    const values = STYLE_NAMES.map((name) => [
      name,
      style.getPropertyValue(`--tributary-${name}`).trim(),
    ]);
    this.#send({ context: CONTEXT, type: "style", values: Object.fromEntries(values) });
  }

  #hear({ source, origin, data }: MessageEvent<FrameMessage | null>): void {
    if (source !== this.#frame.contentWindow || origin !== this.#origin) return;
    if (data?.context !== CONTEXT) return;
    if (data.type === "size") {
      this.#frame.height = String(Math.max(LEAST_HEIGHT, Math.ceil(data.height)));
      return;
    }
    const { name, detail } = data.event;
    if (name === "tributary-ready") this.#sendStyle();
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tributary-upload": TributaryUpload;
  }
  interface HTMLElementEventMap {
    "tributary-ready": CustomEvent<UploadEvents["tributary-ready"]>;
    watchable: CustomEvent<UploadEvents["watchable"]>;
    done: CustomEvent<UploadEvents["done"]>;
  }
}

if (customElements.get("tributary-upload") === undefined) {
  customElements.define("tributary-upload", TributaryUpload);
}
