import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { sealUploadToken } from "../../edge/http/upload-token.ts";
import { uploadTokenSchema } from "../../shared/wire/api.ts";
import { PAGE_ASSETS } from "./page-assets.ts";
import { plan } from "./scripted-holder.ts";

// The upload page on other sites: which sites may frame it, and what their visitors may do.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const CREATE_TOKEN = "the-key-of-this-site";
const FRAME_SITES = "https://school.example  http://club.example:8443/";

function ask(path: string, init: RequestInit & { token?: string } = {}): Promise<Response> {
  const { token, ...request } = init;
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  return Promise.resolve(
    app.fetch(
      new Request(`http://localhost${path}`, { ...request, headers }),
      { ...env, ASSETS: PAGE_ASSETS, CREATE_TOKEN, FRAME_SITES },
      createExecutionContext(),
    ),
  );
}

test.each([
  ["https://school.example", "/frame-upload", "https://school.example"],
  ["https://school.example/class?x=1", "/frame-upload", "https://school.example"],
  ["http://club.example:8443", "/frame-upload", "http://club.example:8443"],
  ["http://school.example", "/frame-refused", "*"],
  ["https://school.example.evil.example", "/frame-refused", "*"],
  ["https://evil.example/https://school.example", "/frame-refused", "*"],
  ["null", "/frame-refused", "*"],
  ["*", "/frame-refused", "*"],
  ["", "/frame-refused", "*"],
])("a frame on %s gets %s", async (site, page, ancestors) => {
  const answer = await ask(`/frame/upload?site=${encodeURIComponent(site)}`);
  expect(answer.headers.get("content-security-policy")).toBe(
    `default-src 'none'; page ${page}; frame-ancestors ${ancestors}`,
  );
  expect(await answer.text()).toContain(page === "/frame-upload" ? "frame-entry" : "frame-refused");
});

test("without a setting no site may", async () => {
  const answer = await app.fetch(
    new Request("http://localhost/frame/upload?site=https://school.example"),
    { ...env, ASSETS: PAGE_ASSETS },
    createExecutionContext(),
  );
  expect(answer.headers.get("content-security-policy")).toContain("page /frame-refused");
});

test("the site's key issues tokens that create jobs until they expire, and do nothing else", async () => {
  const body = JSON.stringify({ expiresInMinutes: 5 });
  const issue = (token?: string) =>
    ask("/api/upload-tokens", { method: "POST", body, ...(token && { token }) });
  expect([(await issue()).status, (await issue("another-key")).status]).toEqual([401, 403]);
  const issued = await issue(CREATE_TOKEN);
  const { token, expiresAtMs } = uploadTokenSchema.parse(await issued.json());
  expect(Math.abs(expiresAtMs - Date.now() - 300_000)).toBeLessThan(30_000);

  const create = async (given: string) => {
    const job = await ask("/api/jobs", {
      method: "POST",
      body: JSON.stringify({ plan }),
      token: given,
    });
    return [job.status, (await job.json<{ code?: string }>()).code];
  };
  expect(await create(token)).toEqual([201, undefined]);
  const over = sealUploadToken(env, Date.now() - 1);
  expect(await create(over)).toEqual([401, "UPLOAD_TOKEN_OVER"]);
  expect(await create(`${token}x`)).toEqual([403, "FORBIDDEN"]);
  expect((await issue(token)).status).toBe(403);
  const pool = { method: "POST", body: JSON.stringify({ name: "Ours" }), token };
  expect((await ask("/api/pools", pool)).status).toBe(403);
});
