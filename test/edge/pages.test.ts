import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { newJobId } from "../../edge/http/auth.ts";
import ar from "../../edge/pages/words/ar.json";
import de from "../../edge/pages/words/de.json";
import { mp4Key } from "../../edge/servers/mp4.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { oembedSchema } from "../../shared/wire/published.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { HOSTILE } from "../pages/published-video.ts";
import { PAGE_ASSETS } from "./page-assets.ts";
import { createJob, makeAll, plan } from "./scripted-holder.ts";

// What browsers and other programs get at the addresses that people share with each other.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";

async function ask(path: string, init: RequestInit & { accept?: string } = {}): Promise<Response> {
  const { accept = BROWSER, ...request } = init;
  const headers = new Headers({ accept, ...(request.headers as object) });
  return app.fetch(
    new Request(`http://localhost${path}`, { ...request, headers }),
    { ...env, ASSETS: PAGE_ASSETS },
    createExecutionContext(),
  );
}

async function titled(visibility: Visibility, title: string): Promise<CreateJobResponse> {
  const job = await createJob(plan, visibility);
  await change(job, { title });
  await makeAll(job);
  return job;
}

async function change({ jobId, ownerToken }: CreateJobResponse, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${ownerToken}` };
  const init = { method: "PATCH", headers, body: JSON.stringify(body) };
  expect((await ask(`/api/videos/${jobId}`, init)).status).toBe(200);
}

/** Reads the types of a page's scripts, and its texts. */
async function seen(response: Response) {
  const found = { scripts: [] as string[], images: 0, title: "", heading: "", robots: "" };
  const rewriter = new HTMLRewriter()
    .on("script", {
      element: (it) => {
        found.scripts.push(it.getAttribute("type") ?? "");
      },
    })
    .on("img", {
      element: () => {
        found.images += 1;
      },
    })
    .on("title", {
      text: ({ text }) => {
        found.title += text;
      },
    })
    .on("#page h1", {
      text: ({ text }) => {
        found.heading += text;
      },
    })
    .on('meta[name="robots"]', {
      element: (it) => {
        found.robots = it.getAttribute("content") ?? "";
      },
    });
  const html = await rewriter.transform(response).text();
  return { ...found, html };
}

describe.each(["/watch/", "/embed/"])("%s", (page) => {
  test("a video has its own title, description and links, and the page's own policy", async () => {
    const { jobId } = await titled("unlisted", "Lesson 3");
    const response = await ask(page + jobId);
    expect(response.status).toBe(200);
    const file = page.slice(0, -1);
    expect(response.headers.get("content-security-policy")).toContain(`page ${file}`);
    expect(response.headers.get("etag")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const it = await seen(response);
    expect([it.title, it.heading, it.robots]).toEqual([
      "Lesson 3 · Tributary",
      "Lesson 3",
      "noindex",
    ]);
    expect(it.html).toContain(`<link rel="canonical" href="http://localhost/watch/${jobId}" />`);
    expect(it.html).toContain("Lesson 3: a video to watch.");
  });

  test("a hostile title stays a text", async () => {
    const { jobId } = await titled("listed", HOSTILE);
    const it = await seen(await ask(page + jobId));
    expect(it.scripts).toEqual(["module", "application/ld+json"]);
    expect(it.images).toBe(0);
    expect(it.robots).toBe("");
  });

  test("unknown, deleted and private ones are 404, with a page in words, and alike", async () => {
    const secret = await titled("private", "Nobody's business");
    const gone = await titled("listed", "Gone");
    const headers = { authorization: `Bearer ${gone.ownerToken}` };
    await ask(`/api/videos/${gone.jobId}`, { method: "DELETE", headers });
    const pages = await Promise.all(
      [secret.jobId, gone.jobId, newJobId(), "nonsense"].map(async (id) => {
        const response = await ask(page + id);
        expect(response.status).toBe(404);
        return seen(response);
      }),
    );
    const [first] = pages;
    expect(first?.heading).toBe("There is no video at this address");
    expect(first?.robots).toBe("noindex");
    for (const each of pages) expect(each).toEqual(first);
  });

  test("one that is being made has its page, also where its title changes", async () => {
    const job = await createJob(plan, "listed");
    await expect
      .poll(async () => (await seen(await ask(page + job.jobId))).title)
      .not.toBe("Video · Tributary");
    await change(job, { title: "Soon" });
    expect((await seen(await ask(page + job.jobId))).heading).toBe("Soon");
  });
});

test.each([
  [{ "accept-language": "fr;q=0.9, de-AT, en;q=0.5" }, "de", de["noVideo.title"]],
  [{ "accept-language": "ar-EG,ar" }, "ar", ar["noVideo.title"]],
  [{ "accept-language": "de", cookie: "language=ar" }, "ar", ar["noVideo.title"]],
  [{ "accept-language": "fr", cookie: "language=klingon" }, "en", "No such video"],
])("a page speaks the person's language: %o", async (headers, language, title) => {
  const answer = await ask(`/watch/${newJobId()}`, { headers });
  expect(answer.headers.get("vary")).toBe("accept-language, cookie");
  const html = await answer.text();
  expect(html).toContain(`<title>${title} · Tributary</title>`);
  const direction = language === "ar" ? "rtl" : "ltr";
  expect(html).toMatch(new RegExp(`<html lang="${language}" dir="${direction}"`));
});

test("a page of nothing has each text in the person's language", async () => {
  const headers = { "accept-language": "de" };
  const html = await (await ask("/nowhere", { headers })).text();
  expect(html).toContain(`<title>${de["nothing.title"]} · Tributary</title>`);
  expect(html).toContain(`>${de["nothing.heading"]}</h1>`);
  expect(html).not.toMatch(/>[^<]*(?:There|Videos? at|somebody|See the)/);
});

test("/watch/ID?embed is the embedded player still", async () => {
  const { jobId } = await titled("unlisted", "Framed");
  const response = await ask(`/watch/${jobId}?embed`);
  expect(response.headers.get("content-security-policy")).toContain("page /embed");
});

describe("a 404", () => {
  const paths = [
    "/nowhere",
    "/v/nowhere/master.m3u8",
    "/api/videos/nowhere",
    "/oembed?url=http://x/y",
  ];

  test.each(paths)("%s is a page for a browser", async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain("There is nothing at this address");
  });

  test.each(paths)("%s is problem details for a program", async (path) => {
    const response = await ask(path, { accept: "*/*" });
    expect(response.status).toBe(404);
    expect(problemSchema.parse(await response.json()).code).toBe("NOT_FOUND");
  });

  test("what is refused for another reason is no page", async () => {
    const response = await ask("/api/videos?limit=x");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
  });
});

describe("oEmbed", () => {
  const oembed = (url: string, more = "") => `/oembed?url=${encodeURIComponent(url)}${more}`;

  test("answers with a frame of the player, as large as may be, where the link began", async () => {
    const { jobId } = await titled("unlisted", HOSTILE);
    const url = `http://localhost/watch/${jobId}?t=1m30s`;
    const response = await ask(oembed(url, "&maxwidth=320&maxheight=100"), { accept: "*/*" });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const answer = oembedSchema.parse(await response.json());
    expect(answer).toMatchObject({ version: "1.0", type: "video", title: HOSTILE, height: 100 });
    expect(answer.width).toBeLessThanOrEqual(320);
    const frames: Record<string, string | null>[] = [];
    const page = new HTMLRewriter().on("iframe", {
      element: (it) =>
        void frames.push({ src: it.getAttribute("src"), at: it.getAttribute("width") }),
    });
    const it = await seen(page.transform(new Response(answer.html)));
    expect(it.images + it.scripts.length).toBe(0);
    expect(frames).toEqual([
      { src: `http://localhost/embed/${jobId}?t=1m30s`, at: String(answer.width) },
    ]);
  });

  test("is XML on request, whatever the title", async () => {
    const { jobId } = await titled("unlisted", HOSTILE);
    const response = await ask(oembed(`http://localhost/watch/${jobId}`, "&format=xml"));
    expect(response.headers.get("content-type")).toContain("text/xml");
    const text = await response.text();
    expect(XMLValidator.validate(text)).toBe(true);
    const { oembed: answer } = new XMLParser({ htmlEntities: true }).parse(text);
    expect(answer).toMatchObject({ type: "video", title: HOSTILE, width: 640 });
  });

  test("is kept by no shared cache where the video is private", async () => {
    const { jobId, ownerToken } = await titled("private", "Private");
    const headers = { authorization: `Bearer ${ownerToken}` };
    for (const more of ["", "&format=xml"]) {
      const url = oembed(`http://localhost/watch/${jobId}`, more);
      const answer = await ask(url, { accept: "*/*", headers });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    }
  });

  test("knows no video of another site, no other page, and no private one", async () => {
    const { jobId } = await titled("private", "Private");
    const { jobId: open } = await titled("unlisted", "Open");
    const urls = [
      `http://localhost/watch/${jobId}`,
      `http://elsewhere/watch/${open}`,
      `http://localhost/join/${open}`,
      `http://localhost/watch/${newJobId()}`,
    ];
    for (const url of urls) {
      expect((await ask(oembed(url), { accept: "*/*" })).status, url).toBe(404);
    }
  });
});

test("feeds and the sitemap have what is listed and finished, and nothing else", async () => {
  const listed = await titled("listed", "Shown to all");
  const others = [
    await titled("unlisted", "By link"),
    await titled("private", "Private"),
    await createJob(plan, "listed"),
  ];
  await env.MEDIA.put(mp4Key(listed.jobId), "an mp4");
  const text = "WEBVTT\n\n00:00.000 --> 00:01.000\nFor those who read";
  const added = await ask(`/api/videos/${listed.jobId}/captions`, {
    method: "POST",
    headers: { authorization: `Bearer ${listed.ownerToken}` },
    body: JSON.stringify({ format: "vtt", language: "en", text }),
  });
  expect(added.status).toBe(201);
  for (const path of ["/feed.xml", "/sitemap.xml"]) {
    const response = await ask(path);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text).toContain(`/watch/${listed.jobId}`);
    for (const { jobId } of others) expect(text).not.toContain(jobId);
    if (path !== "/feed.xml") continue;
    expect(text).toContain(
      `<enclosure url="http://localhost/v/${listed.jobId}/download.mp4" length="6" type="video/mp4"/>`,
    );
    const [, transcript = ""] = /<podcast:transcript url="([^"]+)"/.exec(text) ?? [];
    const read = await ask(new URL(transcript).pathname);
    expect(await read.text()).toContain("For those who read");
  }
  expect(await (await ask("/robots.txt")).text()).toContain("http://localhost/sitemap.xml");
});
