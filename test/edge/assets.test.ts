import { env, exports } from "cloudflare:workers";
import { AwsClient } from "aws4fetch";
import { expect, test } from "vitest";

test("an address nobody serves is not found", async () => {
  const response = await exports.default.fetch("http://localhost/api/nothing");
  expect(response.status).toBe(404);
});

test("a presigned PUT reaches the bucket", async () => {
  const client = new AwsClient({
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
    service: "s3",
    region: "auto",
  });
  const key = crypto.randomUUID();
  const address = `http://localhost:1234/cdn-cgi/local/r2/s3/${env.S3_BUCKET}/${key}`;
  const { url } = await client.sign(`${address}?X-Amz-Expires=60`, {
    method: "PUT",
    aws: { signQuery: true, allHeaders: true },
  });
  const response = await fetch(url, { method: "PUT", body: "bytes" });
  expect(response.status).toBe(200);
  expect(await (await env.MEDIA.get(key))?.text()).toBe("bytes");
});
