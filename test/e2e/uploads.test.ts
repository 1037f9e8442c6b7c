import { randomBytes } from "node:crypto";
import { GetObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, expect, inject, test } from "vitest";
import { builtStorageCredentials } from "../../edge/local/storage-credentials.ts";
import {
  completeUploadResponseSchema,
  createUploadResponseSchema,
  uploadPartsResponseSchema,
} from "../../shared/wire/api.ts";
import { EdgeClient, type UploadState } from "../../web/edge-client.ts";
import { openCutProxy } from "./cut-proxy.ts";

// Uploads of whole files into storage. The content need not be a video for these tests.

const serverUrl = inject("serverUrl");
const MIB = 1024 ** 2;
const bytes = randomBytes(20 * MIB);
const file = new File([bytes], "two and a half parts.mp4");

const Bucket = "tributary-media";
const s3Options = {
  endpoint: `${serverUrl}/cdn-cgi/local/r2/s3`,
  region: "auto",
  forcePathStyle: true,
};
const storage = new S3Client({
  ...s3Options,
  credentials: builtStorageCredentials(),
});
afterAll(() => storage.destroy());

/** The object in storage under an upload's key, read by another program. */
async function stored(upload: string): Promise<Buffer> {
  const found = await storage.send(new GetObjectCommand({ Bucket, Key: keyOf(upload) }));
  return Buffer.from((await found.Body?.transformToByteArray()) ?? []);
}

function keyOf(upload: string): string {
  const sealed = Buffer.from(upload.split(".")[0] ?? "", "base64url").toString();
  return (JSON.parse(sealed) as { key: string }).key;
}

async function call(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(serverUrl + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

test("an S3 SDK's client sends the parts, by presigned URLs alone", async () => {
  const { upload, partSizeBytes, partCount } = createUploadResponseSchema.parse(
    await call("/api/uploads", { name: file.name, sizeBytes: file.size }),
  );
  expect(partCount).toBe(3);
  const numbers = [3, 1, 2];
  const urls = uploadPartsResponseSchema.parse(
    await call("/api/uploads/parts", { upload, parts: numbers }),
  );
  const client = new S3Client({
    ...s3Options,
    requestChecksumCalculation: "WHEN_REQUIRED",
    // Credentials that storage does not know.
    credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
    // The URL is signed already: the client asks with it instead of signing.
    signer: {
      sign: async (request) => {
        const part = Number(request.query?.["partNumber"]);
        const url = new URL(urls.parts.find((each) => each.part === part)?.url ?? "");
        request.path = url.pathname;
        request.query = Object.fromEntries(url.searchParams);
        return request;
      },
    },
  });
  const parts: { part: number; etag: string }[] = [];
  for (const part of numbers) {
    const Body = bytes.subarray((part - 1) * partSizeBytes, part * partSizeBytes);
    const sent = await client.send(
      new UploadPartCommand({ Bucket, Key: "-", UploadId: "-", PartNumber: part, Body }),
    );
    parts.push({ part, etag: sent.ETag ?? "" });
  }
  client.destroy();
  const completed = await call("/api/uploads/complete", { upload, parts });
  expect(completeUploadResponseSchema.parse(completed)).toEqual({ sizeBytes: file.size });
  expect((await stored(upload)).equals(bytes)).toBe(true);
});

test("an upload that broke goes on in another process with the parts that are missing", async () => {
  const proxy = await openCutProxy(serverUrl);
  let kept = "";
  const breaking = new EdgeClient(proxy.url).upload(file, {
    onState: (state) => {
      kept = JSON.stringify(state);
      // The connection breaks for good after the first part.
      if (state.parts.length === 1) void proxy[Symbol.asyncDispose]();
    },
  });
  await expect(breaking).rejects.toMatchObject({ code: expect.stringMatching(/NETWORK|UPLOAD/) });

  const resume = JSON.parse(kept) as UploadState;
  const sent = resume.parts.length;
  // Parts that were being sent at the same time may have arrived.
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(3);
  const client = new EdgeClient(serverUrl);
  const other = new File([bytes.subarray(1)], file.name);
  await expect(client.upload(other, { resume })).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
  const states: UploadState[] = [];
  const progress: number[] = [];
  const upload = await client.upload(file, {
    resume,
    onState: (state) => states.push(state),
    onProgress: (sentBytes) => progress.push(sentBytes / MIB),
  });
  expect(upload).toBe(resume.upload);
  const counts = Array.from({ length: 4 - sent }, (_, index) => sent + index);
  expect(states.map(({ parts }) => parts.length)).toEqual(counts);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(20);
  expect((await stored(upload)).equals(bytes)).toBe(true);

  // Where only the last answer got lost, nothing is sent again.
  expect(await client.upload(file, { resume: states.at(-1) as UploadState })).toBe(upload);
  expect((await stored(upload)).equals(bytes)).toBe(true);
});
