import openGraph from "open-graph-scraper";
import { describe, expect, test } from "vitest";
import { watchHead } from "../../edge/pages/page-head.ts";
import { HOSTILE, HOSTILE_VIDEO, ORIGIN, publishedVideo, VIDEO } from "./published-video.ts";

// What other programs read in a watch page, checked with open-graph-scraper.

async function readPage(video: typeof VIDEO) {
  const head = String(await watchHead(publishedVideo(video)));
  const html = `<!doctype html><html><head><title>x</title>${head}</head><body></body></html>`;
  const { error, result } = await openGraph({ html });
  expect(error).toBe(false);
  return { head, result };
}

interface JsonLd {
  hasPart: { name: string }[];
  [field: string]: unknown;
}

describe("a watch page's head", () => {
  test("is complete for links' previews, players and search engines", async () => {
    const { head, result } = await readPage(VIDEO);
    const url = `${ORIGIN}/watch/${VIDEO.id}`;
    const embed = `${ORIGIN}/embed/${VIDEO.id}`;
    expect(result).toMatchObject({
      ogTitle: "Harbour walk",
      ogType: "video.other",
      ogUrl: url,
      ogSiteName: "Tributary",
      ogDescription: "Along the quay, in the evening.",
      ogLocale: "de_AT",
      ogImage: [
        {
          url: `${ORIGIN}/v/${VIDEO.id}/poster.jpg`,
          type: "image/jpeg",
          width: "1280",
          height: "720",
        },
      ],
      ogVideo: [{ url: embed, type: "text/html", width: "1280", height: "720" }],
      ogVideoSecureURL: embed,
      twitterCard: "player",
      twitterTitle: "Harbour walk",
      twitterDescription: "Along the quay, in the evening.",
      twitterPlayer: [{ url: embed, width: "1280", height: "720" }],
      success: true,
    });
    const [data] = result.jsonLD as unknown as JsonLd[];
    // Google's requirements for videos: name, thumbnailUrl and uploadDate are required, the rest is recommended.
    expect(data).toMatchObject({
      "@context": "https://schema.org",
      "@type": "VideoObject",
      name: "Harbour walk",
      description: "Along the quay,\nin the evening.",
      thumbnailUrl: [`${ORIGIN}/v/${VIDEO.id}/poster.jpg`],
      uploadDate: "2026-11-27T12:00:00.000Z",
      duration: "PT312S",
      embedUrl: embed,
      contentUrl: `${ORIGIN}/v/${VIDEO.id}/master.m3u8`,
      inLanguage: "de-AT",
      width: { "@type": "QuantitativeValue", value: 1280, unitCode: "E37" },
      hasPart: [
        { "@type": "Clip", startOffset: 0, endOffset: 90.5, url: `${url}?t=0` },
        { "@type": "Clip", name: "The ship", startOffset: 90.5, endOffset: 312 },
      ],
    });
    expect(head).toContain(`<link rel="canonical" href="${url}" />`);
    for (const format of ["json", "xml"]) {
      const address = `${ORIGIN}/oembed?format=${format}&amp;url=${encodeURIComponent(url)}`;
      expect(head).toContain(`href="${address}"`);
    }
    expect(head).not.toContain("noindex");
  });

  test("tells search engines of listed videos alone", async () => {
    const { head } = await readPage({ ...VIDEO, visibility: "unlisted" });
    expect(head).toContain('<meta name="robots" content="noindex" />');
  });

  test("holds nothing that runs, whatever its owner wrote, and still says it", async () => {
    const { head, result } = await readPage(HOSTILE_VIDEO);
    expect(result.ogTitle).toBe(HOSTILE);
    expect(result.twitterTitle).toBe(HOSTILE);
    const [data] = result.jsonLD as unknown as JsonLd[];
    expect([data?.["name"], data?.hasPart[0]?.name]).toEqual([HOSTILE, HOSTILE]);
    expect(head).not.toContain("<img");
    expect(head.match(/<\/?script/g)).toEqual(["<script", "</script"]);
    expect(head).not.toContain("<!--");
    expect(head).not.toContain("</title");
  });
});
