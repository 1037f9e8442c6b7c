import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networkAddresses } from "../../edge/local/own-network.ts";
import { type RunningServer, startServer } from "../../edge/local/server.ts";
import {
  builtStorageCredentials,
  newStorageCredentials,
  type StorageCredentials,
} from "../../edge/local/storage-credentials.ts";
import { createUploadResponseSchema, uploadPartsResponseSchema } from "../../shared/wire/api.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";

// `npm start -- --host`: other devices of the network get secure pages, where browsers encode.

const Bucket = "tributary-media";
const [address = "127.0.0.1"] = networkAddresses();

let browser: Browser;
let server: RunningServer;
let stateDir: string;
let url: string;
beforeAll(async () => {
  // A browser trusts a certificate authority only by settings of its system.
  browser = await launchBrowser(["--ignore-certificate-errors"]);
  stateDir = await mkdtemp(join(tmpdir(), "tributary-lan-"));
  server = await startServer({ mode: "preview", stateDir, viteArguments: ["--host"] });
  url = server.url.replace("localhost", address);
  const ca = await readFile(join(stateDir, "tls/ca.pem"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), ca]);
});
afterAll(async () => {
  setDefaultCACertificates(getCACertificates("bundled"));
  await browser?.close();
  await server?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test("the certificate is for the addresses that this machine has", async () => {
  // `fetch` refuses a certificate for another name.
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(server.url)).status).toBe(200);
});

for (const engine of ["ffmpeg", "server"] as const) {
  test(`a tab at the network's address makes a whole video, engine ${engine}`, async () => {
    const file = await fixture("plain-8s.mp4");
    await using video = await makeVideo(browser, {
      ...{ serverUrl: url, file, engine, ladder: SMALL_LADDER },
      prepare: async ({ page }) => {
        await page.goto(url);
        expect(await page.evaluate(() => isSecureContext)).toBe(true);
      },
    });
    expect(video.job.masterUrl).toContain(address);
    await expectExactPictures(video, { source: file });
  });
}

describe("a stranger of the network", () => {
  const bytes = randomBytes(1_000);
  let key: string;
  beforeAll(async () => {
    const file = new File([bytes], "mine.mp4");
    key = keyOf(await new EdgeClient(url).upload(file));
  });

  function keyOf(upload: string): string {
    const sealed = Buffer.from(upload.split(".")[0] ?? "", "base64url").toString();
    return (JSON.parse(sealed) as { key: string }).key;
  }

  async function storedBy(credentials: StorageCredentials): Promise<Buffer> {
    const storage = new S3Client({
      endpoint: `${url}/cdn-cgi/local/r2/s3`,
      region: "auto",
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
    });
    try {
      const found = await storage.send(new GetObjectCommand({ Bucket, Key: key }));
      return Buffer.from((await found.Body?.transformToByteArray()) ?? []);
    } finally {
      storage.destroy();
    }
  }

  /** Requests a path unchanged; `fetch` would normalise it. */
  function ask(path: string, method: string, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const call = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (more: string) => {
          text += more;
        });
        answer.on("end", () => resolve(`${answer.statusCode} ${text}`));
      });
      call.once("upgrade", () => resolve("upgraded"));
      call.once("error", () => resolve("cut off"));
      call.end();
    });
  }

  test("finds nothing of what the emulator serves by itself", async () => {
    const objects = `/cdn-cgi/explorer/api/r2/buckets/${Bucket}/objects`;
    const paths = [
      "/cdn-cgi/explorer",
      "/cdn-cgi/local/explorer/api/d1/database",
      objects,
      `${objects}/${encodeURIComponent(key)}`,
      `/v/..${objects}/${encodeURIComponent(key)}`,
      `${url}${objects}/${encodeURIComponent(key)}`,
      `/cdn-cgi/local/r2/public/${Bucket}/${key}`,
      "/cdn-cgi/handler/scheduled",
      "/cdn-cgi/local/platform-proxy",
    ];
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-version": "13",
    };
    for (const path of paths) {
      for (const method of ["GET", "DELETE", "POST"]) {
        expect([path, method, await ask(path, method, {})]).toEqual([path, method, "404 "]);
        expect([path, method, await ask(path, method, upgrade)]).toEqual([path, method, "cut off"]);
      }
    }
    expect(await storedBy(builtStorageCredentials())).toEqual(bytes);
  });

  test("signs nothing: this build's credentials are its own, and nowhere to be read", async () => {
    const known = {
      accessKeyId: "tributary-local",
      secretAccessKey: "tributary-local-only-not-a-secret",
    };
    for (const guess of [known, newStorageCredentials()]) {
      await expect(storedBy(guess)).rejects.toThrow(/403|Access|Signature|Unauthorized/i);
    }
    for (const path of [
      "/wrangler.json",
      "/tributary/wrangler.json",
      "/../tributary/wrangler.json",
    ]) {
      expect(await ask(path, "GET", {})).not.toContain(builtStorageCredentials().secretAccessKey);
    }
    const config = await readFile(new URL("../../wrangler.toml", import.meta.url), "utf8");
    expect(config).not.toContain("secretAccessKey");
  });

  test("has storage copy nothing by an order that is not in a URL's signature", async () => {
    const ask = async (path: string, body: unknown): Promise<unknown> => {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      return (await fetch(`${url}/api/uploads${path}`, init)).json();
    };
    const created = await ask("", { name: "other.mp4", sizeBytes: 1_000 });
    const { upload } = createUploadResponseSchema.parse(created);
    const { parts } = uploadPartsResponseSchema.parse(await ask("/parts", { upload, parts: [1] }));
    const put = async (headers: Record<string, string>): Promise<number> => {
      const body = new Uint8Array(1_000);
      return (await fetch(parts[0]?.url ?? "", { method: "PUT", headers, body })).status;
    };
    expect(await put({ "x-amz-copy-source": `/${Bucket}/${key}` })).toBe(403);
    expect(await put({ "X-Amz-Copy-Source-Range": "bytes=0-9" })).toBe(403);
    expect(await put({})).toBe(200);
  });

  test("is one client, whatever addresses it claims", async () => {
    const codes: string[] = [];
    for (let n = 0; n < 25; n += 1) {
      const headers = {
        "content-type": "application/json",
        "cf-connecting-ip": `198.51.100.${n}`,
        "CF-Connecting-IP": `203.0.113.${n}`,
      };
      const body = JSON.stringify({ name: "a.mp4", sizeBytes: 1 });
      const answer = await fetch(`${url}/api/uploads`, { method: "POST", headers, body });
      codes.push(answer.ok ? "ok" : ((await answer.json()) as { code: string }).code);
    }
    expect(codes[0]).toBe("ok");
    expect(codes.at(-1)).toBe("RATE_LIMITED");
  });
});

test("the authority is kept over a new start", async () => {
  const before = await readFile(join(stateDir, "tls/ca.pem"), "utf8");
  await server.stop();
  server = await startServer({ mode: "preview", stateDir, viteArguments: ["--host"] });
  expect(await readFile(join(stateDir, "tls/ca.pem"), "utf8")).toBe(before);
});
