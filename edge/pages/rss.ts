import { html, raw } from "hono/html";
import type { SubtitleTrack } from "../../shared/playlist/subtitles.ts";
import { bestLanguage } from "../../shared/words/language.ts";
import { PLAYLIST_TYPE } from "../coordinator/playlists.ts";
import { wordsOf } from "./page-words.ts";
import type { Published } from "./published.ts";

/** The media file of a feed's item. */
export interface Enclosure {
  url: string;
  type: string;
  sizeBytes: number;
}

export interface FeedItem extends Published {
  enclosure: Enclosure;
  /** Captions. Podcast apps show them as transcripts. */
  tracks: readonly Pick<SubtitleTrack, "id" | "language">[];
}

/** A square of 1400 pixels, the smallest size that Apple accepts. */
const ARTWORK = "podcast.png";

/**
 * RSS 2.0 for feed readers and podcast apps, with everything that Apple Podcasts requires of a show. HLS is offered in
 * addition to an MP4 (podcastindex.org). The feed's own texts are in the language of most of its videos, where the
 * site has messages in it.
 * @param category one of Apple's (podcasters.apple.com/support/1691-apple-podcasts-categories)
 */
export function rssFeed(origin: string, items: readonly FeedItem[], category: string): string {
  const { host } = new URL(origin);
  const artwork = `${origin}/${ARTWORK}`;
  const language = languageOf(items);
  const { say } = wordsOf(bestLanguage([language]));
  const title = say("feed.title", { site: host });
  return String(
    html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
<title>${title}</title>
<link>${origin}/videos</link>
<atom:link href="${origin}/feed.xml" rel="self" type="application/rss+xml"/>
<description>${say("feed.what")}</description>
<language>${language}</language>
<generator>Tributary</generator>
<image><url>${artwork}</url><title>${title}</title><link>${origin}/videos</link></image>
<itunes:image href="${artwork}"/>
<itunes:author>${host}</itunes:author>
<itunes:category text="${category}"/>
<itunes:explicit>false</itunes:explicit>
<itunes:type>episodic</itunes:type>
${items.map(item)}</channel>
</rss>
`,
  );
}

/** The language that most of the videos have, of those that state one. */
function languageOf(items: readonly Published[]): string {
  const counts = new Map<string, number>();
  for (const { video } of items) {
    if (video.language !== null) {
      counts.set(video.language, (counts.get(video.language) ?? 0) + 1);
    }
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? "en";
}

function item(it: FeedItem) {
  const { video, watchUrl, podcastUrl, posterUrl, durationSeconds, enclosure, tracks } = it;
  return html`<item>
<title>${video.title}</title>
<link>${watchUrl}</link>
<guid isPermaLink="false">${video.id}</guid>
<pubDate>${new Date(video.createdAtMs).toUTCString()}</pubDate>
<description>${video.description || video.title}</description>
<enclosure url="${enclosure.url}" length="${enclosure.sizeBytes}" type="${enclosure.type}"/>
<podcast:alternateEnclosure type="${PLAYLIST_TYPE}" length="${video.bytesStored}" height="${video.height}"><podcast:source uri="${podcastUrl}"/></podcast:alternateEnclosure>
${tracks.map(
  ({ id, language }) =>
    html`<podcast:transcript url="${new URL(`${id}/captions.vtt`, podcastUrl).href}" type="text/vtt" language="${language}" rel="captions"/>
`,
)}<itunes:duration>${Math.round(durationSeconds)}</itunes:duration>
${posterUrl && html`<itunes:image href="${posterUrl}"/>`}</item>
`;
}
