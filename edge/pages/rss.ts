import { html, raw } from "hono/html";
import { PLAYLIST_TYPE } from "../coordinator/playlists.ts";
import type { Published } from "./published.ts";

/** The media file of a feed's item. */
export interface Enclosure {
  url: string;
  type: string;
  sizeBytes: number;
}

/** RSS 2.0 for feed readers and podcast apps. HLS is offered in addition to an MP4 (podcastindex.org). */
export function rssFeed(
  origin: string,
  items: readonly (Published & { enclosure: Enclosure })[],
): string {
  return String(
    html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
<title>Videos of ${new URL(origin).host}</title>
<link>${origin}/videos</link>
<atom:link href="${origin}/feed.xml" rel="self" type="application/rss+xml"/>
<description>The newest videos that are listed on this site.</description>
<language>en</language>
<generator>Tributary</generator>
<itunes:explicit>false</itunes:explicit>
${items.map(item)}</channel>
</rss>
`,
  );
}

function item(it: Published & { enclosure: Enclosure }) {
  const { video, watchUrl, podcastUrl, posterUrl, durationSeconds, enclosure } = it;
  return html`<item>
<title>${video.title}</title>
<link>${watchUrl}</link>
<guid isPermaLink="false">${video.id}</guid>
<pubDate>${new Date(video.createdAtMs).toUTCString()}</pubDate>
<description>${video.description || video.title}</description>
<enclosure url="${enclosure.url}" length="${enclosure.sizeBytes}" type="${enclosure.type}"/>
<podcast:alternateEnclosure type="${PLAYLIST_TYPE}" length="${video.bytesStored}" height="${video.height}"><podcast:source uri="${podcastUrl}"/></podcast:alternateEnclosure>
<itunes:duration>${Math.round(durationSeconds)}</itunes:duration>
${posterUrl && html`<itunes:image href="${posterUrl}"/>`}</item>
`;
}
