import { expect, test } from "vitest";
import { hasUnsignedOrder, isOpen } from "../../edge/local/emulator-addresses.ts";

test.each([
  "/",
  "/api/jobs",
  "/v/00000000000000000000/master.m3u8",
  "/cdn-cgi-of-ours",
  "/cdn-cgi/local/r2/s3/tributary-media/v/job/v480/init.mp4?X-Amz-Signature=0",
])("%s is open", (target) => {
  expect(isOpen(target)).toBe(true);
});

test.each([
  "/cdn-cgi",
  "/cdn-cgi/",
  "/cdn-cgi/explorer",
  "/cdn-cgi/local/explorer/api/r2/buckets",
  "/cdn-cgi/local/r2/public/tributary-media/records/job.json",
  "/cdn-cgi/local/r2/s3",
  "/cdn-cgi/local/r2/s3/../public/tributary-media/records/job.json",
  "/cdn-cgi/local/r2/s3/%2e%2e/public/tributary-media/records/job.json",
  "/cdn-cgi/local/platform-proxy",
  "/cdn-cgi/handler/scheduled?cron=*",
  "/cdn-cgi/mf/scheduled",
  "/__cf_local/stream",
  "/v/../cdn-cgi/explorer",
  "/./cdn-cgi/explorer",
  "/\\..\\cdn-cgi/explorer",
  "/\t/../cdn-cgi/explorer",
  "/c\tdn-cgi/explorer",
  "//localhost/cdn-cgi/explorer",
  "http://localhost/cdn-cgi/explorer",
  "https://elsewhere.example/cdn-cgi/explorer",
  "http:/cdn-cgi/explorer",
  "https:/cdn-cgi/explorer",
])("%j is closed", (target) => {
  expect(isOpen(target)).toBe(false);
});

const presigned = "/cdn-cgi/local/r2/s3/b/k?X-Amz-SignedHeaders=content-md5%3Bhost%3Bx-amz-date";
const authorization = "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host;x-amz-date, Signature=0";

test.each([
  [presigned, { "content-md5": "x", "x-amz-date": "x", "x-amz-user-agent": "aws-sdk-js" }],
  ["/cdn-cgi/local/r2/s3/b/k", { authorization, "x-amz-date": "x" }],
  ["/api/jobs", {}],
])("%s with %j has no unsigned order", (url, headers) => {
  expect(hasUnsignedOrder({ url, headers })).toBe(false);
});

test.each([
  [presigned, { "x-amz-copy-source": "/b/other" }],
  [presigned, { "x-amz-date": "x", "x-amz-acl": "public-read" }],
  ["/cdn-cgi/local/r2/s3/b/k", { "x-amz-copy-source": "/b/other" }],
  ["/cdn-cgi/local/r2/s3/b/k", { authorization, "x-amz-copy-source": "/b/other" }],
])("%s with %j has one", (url, headers) => {
  expect(hasUnsignedOrder({ url, headers })).toBe(true);
});
