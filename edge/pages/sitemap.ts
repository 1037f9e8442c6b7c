import { html, raw } from "hono/html";
import { shortDescription } from "./page-head.ts";
import type { Published } from "./published.ts";

/** A sitemap (sitemaps.org 0.9). Videos with a poster get Google's extension for videos, which requires a picture. */
export function sitemap(origin: string, videos: readonly Published[]): string {
  const pages = ["/", "/videos"].map((path) => html`<url><loc>${origin}${path}</loc></url>`);
  return String(
    html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
${pages}${videos.map(entry)}
</urlset>
`,
  );
}

function entry(it: Published) {
  const { video, watchUrl, posterUrl, embedUrl, masterUrl, durationSeconds } = it;
  const lastModified = new Date(video.endedAtMs ?? video.createdAtMs).toISOString();
  return html`<url><loc>${watchUrl}</loc><lastmod>${lastModified}</lastmod>${
    posterUrl &&
    html`<video:video>
<video:thumbnail_loc>${posterUrl}</video:thumbnail_loc>
<video:title>${video.title}</video:title>
<video:description>${shortDescription(it)}</video:description>
<video:content_loc>${masterUrl}</video:content_loc>
<video:player_loc>${embedUrl}</video:player_loc>
<video:duration>${Math.max(1, Math.round(durationSeconds))}</video:duration>
<video:publication_date>${new Date(video.createdAtMs).toISOString()}</video:publication_date>
</video:video>`
  }</url>
`;
}
