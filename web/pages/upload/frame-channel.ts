import {
  CONTEXT,
  type FrameMessage,
  type HostMessage,
  STYLE_NAMES,
  type UploadEvent,
} from "../../element/messages.ts";

/** The page that frames this one. The edge has checked that its site is one that the operator has named. */
export interface HostPage {
  tell(event: UploadEvent): void;
  /** Listens for as long as the page is there. */
  listen(onToken: (token: string) => void): void;
}

/** @throws Error where this page is not in a frame */
export function hostPage(): HostPage {
  const site = new URLSearchParams(location.search).get("site") ?? "";
  const { parent } = window;
  if (parent === window) throw new Error("This page belongs into a frame.");
  const post = (message: FrameMessage) => parent.postMessage(message, site);
  const measure = () => {
    post({ context: CONTEXT, type: "size", height: document.body.scrollHeight });
  };
  new ResizeObserver(measure).observe(document.body);
  return {
    tell: (event) => post({ context: CONTEXT, type: "event", event }),
    listen: (onToken) => {
      window.addEventListener("message", ({ source, origin, data }: MessageEvent) => {
        if (source !== parent || origin !== site) return;
        const message = data as HostMessage | null;
        if (message?.context !== CONTEXT) return;
        if (message.type === "style") applyStyle(message.values);
        else if (message.type === "token" && typeof message.token === "string")
          onToken(message.token);
      });
    },
  };
}

/** Applies the host's CSS values; values that are invalid for their property are left out. */
function applyStyle(values: Record<string, unknown>): void {
  const { style } = document.documentElement;
  for (const name of STYLE_NAMES) {
    const value = values[name];
    const property = `--${name}`;
    if (typeof value !== "string" || value === "") style.removeProperty(property);
    else if (CSS.supports(KINDS[name] ?? "color", value)) style.setProperty(property, value);
  }
}

/** CSS property for which a value has to be valid; all other values are colours. */
const KINDS: Partial<Record<(typeof STYLE_NAMES)[number], string>> = {
  radius: "border-radius",
  font: "font-family",
};
