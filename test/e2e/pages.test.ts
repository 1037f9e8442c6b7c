import { expect, inject, test } from "vitest";

test.each([
  ["/", 200],
  ["/watch/some-id", 404],
  ["/embed/some-id", 404],
  ["/nowhere", 404],
  ["/join/some-id", 200],
])("%s is a page with status %i", async (path, status) => {
  const response = await fetch(inject("serverUrl") + path, { headers: { accept: "text/html" } });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toContain("text/html");
});

test.each([
  ["/feed.xml", "application/rss+xml"],
  ["/sitemap.xml", "application/xml"],
  ["/robots.txt", "text/plain"],
])("%s is served as %s", async (path, type) => {
  const response = await fetch(inject("serverUrl") + path);
  expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([
    200,
    type,
  ]);
  await response.body?.cancel();
});

test("storage speaks S3 on the app's own origin", async () => {
  const response = await fetch(
    `${inject("serverUrl")}/cdn-cgi/local/r2/s3/tributary-media/no-such-key`,
  );
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.headers.get("content-type")).toContain("xml");
});
