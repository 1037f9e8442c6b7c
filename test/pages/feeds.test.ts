import { readFile } from "node:fs/promises";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { parseRssFeed } from "feedsmith";
import { expect, test } from "vitest";
import { rssFeed } from "../../edge/pages/rss.ts";
import { sitemap } from "../../edge/pages/sitemap.ts";
import { HOSTILE, HOSTILE_VIDEO, ORIGIN, publishedVideo, VIDEO } from "./published-video.ts";

// Feeds and the sitemap, read by other programs: feedsmith and fast-xml-parser.

const ENCLOSURE = {
  url: `${ORIGIN}/v/${VIDEO.id}/download.mp4`,
  type: "video/mp4",
  sizeBytes: 123_456,
};

function readFeed(videos: (typeof VIDEO)[]) {
  const tracks = [{ id: "s1a2b3c4d", language: "de" }];
  const items = videos.map((video) => ({
    ...{ ...publishedVideo(video), enclosure: ENCLOSURE },
    tracks,
  }));
  const text = rssFeed(ORIGIN, items, "Society & Culture");
  expect(XMLValidator.validate(text)).toBe(true);
  return parseRssFeed(text);
}

test("the RSS feed has what readers and podcast apps ask for", () => {
  const feed = readFeed([VIDEO, HOSTILE_VIDEO]);
  expect(feed).toMatchObject({
    title: "Videos von tributary.example",
    link: `${ORIGIN}/videos`,
    language: "de-AT",
    // Apple Podcasts lists no show without image, category and word on explicit content.
    image: { url: `${ORIGIN}/podcast.png`, link: `${ORIGIN}/videos` },
    itunes: {
      image: `${ORIGIN}/podcast.png`,
      author: "tributary.example",
      categories: [{ text: "Society & Culture" }],
      explicit: false,
      type: "episodic",
    },
    atom: { links: [{ href: `${ORIGIN}/feed.xml`, rel: "self" }] },
  });
  const [item, hostile] = feed.items ?? [];
  expect(item).toMatchObject({
    title: "Harbour walk",
    link: `${ORIGIN}/watch/${VIDEO.id}`,
    guid: { value: VIDEO.id, isPermaLink: false },
    description: "Along the quay,\nin the evening.",
    enclosures: [{ url: ENCLOSURE.url, type: "video/mp4", length: 123_456 }],
    itunes: { duration: 312, image: `${ORIGIN}/v/${VIDEO.id}/poster.jpg` },
    podcast: {
      transcripts: [
        {
          url: `${ORIGIN}/v/${VIDEO.id}/s1a2b3c4d/captions.vtt`,
          ...{ type: "text/vtt", language: "de", rel: "captions" },
        },
      ],
      alternateEnclosures: [
        {
          type: "application/vnd.apple.mpegurl",
          height: 720,
          sources: [{ uri: `${ORIGIN}/v/${VIDEO.id}/podcast.m3u8` }],
        },
      ],
    },
  });
  expect(Date.parse(String(item?.pubDate))).toBe(VIDEO.createdAtMs);
  expect(hostile?.title).toBe(HOSTILE);
});

test("the artwork of the feed is as large as Apple asks for, and a PNG in RGB", async () => {
  const png = await readFile(new URL("../../web/public/podcast.png", import.meta.url));
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  // The image header (PNG, 11.2.1): width, height, bit depth, colour type 2 is RGB.
  expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([
    1400, 1400, 8, 2,
  ]);
  expect(png.length).toBeLessThan(512 * 1024);
});

test("a feed and a sitemap of no videos are whole, too", () => {
  expect(readFeed([])).toMatchObject({ title: "Videos of tributary.example", language: "en" });
  expect(XMLValidator.validate(sitemap(ORIGIN, []))).toBe(true);
});

test("the sitemap names each video with what Google asks for", () => {
  const text = sitemap(ORIGIN, [publishedVideo(VIDEO), publishedVideo(HOSTILE_VIDEO)]);
  expect(XMLValidator.validate(text)).toBe(true);
  const { urlset } = new XMLParser({ processEntities: true, htmlEntities: true }).parse(text);
  expect(urlset.url).toHaveLength(4);
  expect(urlset.url[2]).toMatchObject({
    loc: `${ORIGIN}/watch/${VIDEO.id}`,
    lastmod: "2026-11-27T12:04:00.000Z",
    "video:video": {
      "video:thumbnail_loc": `${ORIGIN}/v/${VIDEO.id}/poster.jpg`,
      "video:title": "Harbour walk",
      "video:description": "Along the quay, in the evening.",
      "video:player_loc": `${ORIGIN}/embed/${VIDEO.id}`,
      "video:duration": 312,
    },
  });
  expect(urlset.url[3]["video:video"]["video:title"]).toBe(HOSTILE);
});
