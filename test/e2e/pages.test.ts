import { expect, inject, test } from "vitest";

test.each(["/", "/watch/some-id", "/join/some-id"])("%s is a page", async (path) => {
  const response = await fetch(inject("serverUrl") + path);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/html");
});

test("storage speaks S3 on the app's own origin", async () => {
  const response = await fetch(
    `${inject("serverUrl")}/cdn-cgi/local/r2/s3/tributary-media/no-such-key`,
  );
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.headers.get("content-type")).toContain("xml");
});
