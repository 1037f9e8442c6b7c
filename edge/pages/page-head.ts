import { html, raw } from "hono/html";
import type { VideoObject, WithContext } from "schema-dts";
import { type Say, wordsOf } from "./page-words.ts";
import type { Published } from "./published.ts";

/** The head of a watch page, for link previews, search engines and embedders. */

/** HTML that the Worker writes. Preact replaces it as soon as the page's script runs. */
export type Markup = ReturnType<typeof html>;

const SITE_NAME = "Tributary";
const MOST_DESCRIPTION_CHARACTERS = 300;

/** The description in one line; the title where there is none. */
export function shortDescription(
  { video }: Pick<Published, "video">,
  say: Say = wordsOf("en").say,
): string {
  const line = video.description.replaceAll(/\s+/g, " ").trim();
  if (line === "") return say("aVideoToWatch", { title: video.title });
  if (line.length <= MOST_DESCRIPTION_CHARACTERS) return line;
  return `${line.slice(0, MOST_DESCRIPTION_CHARACTERS - 1).toWellFormed()}…`;
}

/** Tags for previews (`og:` as in ogp.me, `twitter:`), JSON-LD and oEmbed discovery. Texts of the owner are escaped. */
export function watchHead(it: Published, say?: Say): Markup {
  const { video, watchUrl, embedUrl, posterUrl } = it;
  const oembedOf = (format: string) =>
    `${new URL(watchUrl).origin}/oembed?format=${format}&url=${encodeURIComponent(watchUrl)}`;
  return html`
    <link rel="canonical" href="${watchUrl}" />
    ${video.visibility === "listed" ? "" : html`<meta name="robots" content="noindex" />`}
    <link rel="alternate" type="application/json+oembed" href="${oembedOf("json")}" title="${video.title}" />
    <link rel="alternate" type="text/xml+oembed" href="${oembedOf("xml")}" title="${video.title}" />
    ${properties({
      "og:site_name": SITE_NAME,
      "og:type": "video.other",
      "og:title": video.title,
      "og:description": shortDescription(it, say),
      "og:url": watchUrl,
      "og:image": posterUrl,
      "og:image:type": posterUrl && "image/jpeg",
      "og:image:width": video.poster ? String(video.poster.width) : null,
      "og:image:height": video.poster ? String(video.poster.height) : null,
      "og:image:alt": posterUrl && video.title,
      "og:video": embedUrl,
      "og:video:secure_url": embedUrl.startsWith("https:") ? embedUrl : null,
      "og:video:type": "text/html",
      "og:video:width": String(video.width),
      "og:video:height": String(video.height),
      "og:locale": /^[a-z]{2}-[A-Z]{2}$/.test(video.language ?? "")
        ? (video.language?.replace("-", "_") ?? null)
        : null,
      "video:duration": String(Math.max(1, Math.round(it.durationSeconds))),
      "video:release_date": new Date(video.createdAtMs).toISOString(),
    })}
    ${names({
      "twitter:card": "player",
      "twitter:title": video.title,
      "twitter:description": shortDescription(it, say),
      "twitter:image": posterUrl,
      "twitter:image:alt": posterUrl && video.title,
      "twitter:player": embedUrl,
      "twitter:player:width": String(video.width),
      "twitter:player:height": String(video.height),
    })}
    <script type="application/ld+json">${jsonLd(videoObject(it, say))}</script>
  `;
}

/** The video as a schema.org/VideoObject. */
export function videoObject(it: Published, say?: Say): WithContext<VideoObject> {
  const { video, watchUrl, embedUrl, masterUrl, posterUrl, durationSeconds } = it;
  const starts = video.chapters.map(({ startSeconds }) => startSeconds);
  return {
    "@context": "https://schema.org",
    "@type": "VideoObject",
    name: video.title,
    description: video.description || shortDescription(it, say),
    ...(posterUrl && { thumbnailUrl: [posterUrl] }),
    uploadDate: new Date(video.createdAtMs).toISOString(),
    duration: `PT${Number(durationSeconds.toFixed(3))}S`,
    url: watchUrl,
    embedUrl,
    contentUrl: masterUrl,
    encodingFormat: "application/vnd.apple.mpegurl",
    width: pixels(video.width),
    height: pixels(video.height),
    ...(video.language && { inLanguage: video.language }),
    ...(starts.length > 0 && {
      hasPart: video.chapters.map(({ title, startSeconds }, at) => ({
        "@type": "Clip",
        name: title,
        startOffset: startSeconds,
        endOffset: starts[at + 1] ?? durationSeconds,
        url: `${watchUrl}?t=${startSeconds}`,
      })),
    }),
  };
}

/** A length in pixels, with the unit code of UN/CEFACT Recommendation 20. */
function pixels(value: number) {
  return { "@type": "QuantitativeValue", value, unitCode: "E37" } as const;
}

/** JSON for a script element, escaped so that it can neither end the element nor begin a comment. */
function jsonLd(value: object): Markup {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return raw(json);
}

function properties(of: Record<string, string | null>): Markup[] {
  return given(of).map(([name, content]) => html`<meta property="${name}" content="${content}" />`);
}

function names(of: Record<string, string | null>): Markup[] {
  return given(of).map(([name, content]) => html`<meta name="${name}" content="${content}" />`);
}

function given(of: Record<string, string | null>): [string, string][] {
  return Object.entries(of).filter((entry): entry is [string, string] => entry[1] !== null);
}
