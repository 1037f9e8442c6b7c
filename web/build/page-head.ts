import type { HtmlTagDescriptor, Plugin } from "vite";

const meta = (attrs: Record<string, string>): HtmlTagDescriptor => ({
  ...{ tag: "meta", attrs },
  injectTo: "head-prepend",
});

/** What the heads of all pages begin with. */
const HEAD: HtmlTagDescriptor[] = [
  meta({ charset: "utf-8" }),
  meta({ name: "viewport", content: "width=device-width, initial-scale=1" }),
  meta({ name: "color-scheme", content: "light dark" }),
  meta({ name: "theme-color", content: "#f6f7f7", media: "(prefers-color-scheme: light)" }),
  meta({ name: "theme-color", content: "#0f1515", media: "(prefers-color-scheme: dark)" }),
  { tag: "script", attrs: { src: "/too-old.js", defer: true }, injectTo: "head-prepend" },
  {
    tag: "link",
    attrs: { rel: "icon", type: "image/svg+xml", href: "/favicon.svg" },
    injectTo: "head-prepend",
  },
];

/** Writes the common head into each page; a page's own file holds only what differs. */
export function pageHead(): Plugin {
  return {
    name: "tributary:page-head",
    transformIndexHtml: { order: "pre", handler: () => HEAD },
  };
}
