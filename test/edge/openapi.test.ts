import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { OPERATIONS } from "../../edge/openapi/operations.ts";
import type { ERROR_CODES } from "../../shared/job/errors.ts";
import { call } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown> };
}

describe("the OpenAPI document", () => {
  test("describes every address that answers, and nothing else", async () => {
    const document = (await (await call("/api/openapi.json")).json()) as Document;
    expect(document.openapi).toBe("3.1.0");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const address = path.replace("{id}", "0".repeat(20)).replace("{holderId}", "somebody");
        const response = await call(address, {
          method: method.toUpperCase(),
          ...(method === "post" ? { body: "{}" } : {}),
          headers: { "content-type": "application/json", "cf-connecting-ip": `${method}${path}` },
        });
        const answer = (await response.json().catch(() => null)) as {
          code?: keyof typeof ERROR_CODES;
        } | null;
        // What is asked for here exists nowhere or is refused: with a code that the document names.
        if (answer?.code === undefined) continue;
        const named = JSON.stringify(document.paths[path]?.[method]?.responses);
        expect(named, `${method} ${path}`).toContain(answer.code);
        expect(answer.code === "NOT_FOUND" && path.startsWith("/api/jobs")).toBe(false);
      }
    }
  });

  test("leaves out no address of the API but those of its own parts", () => {
    const described = new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`));
    const served = app.routes
      .filter(({ path }) => /^\/(api\/.|coordinator-status)/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const missing = new Set(served.filter((each) => !each.startsWith("all ")));
    for (const each of described) missing.delete(each);
    expect([...missing].sort()).toEqual([
      "get /api/jobs/{id}/socket",
      "get /api/openapi.json",
      "post /api/jobs/{id}/prepared",
    ]);
  });

  test("is a page for people, too", async () => {
    const response = await call("/api");
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    const text = await response.text();
    expect(text).toContain("/api/jobs/{id}/events");
    expect(text).toContain("/api/uploads/complete");
    // Every link within the page leads somewhere.
    const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.length).toBeGreaterThan(20);
    for (const id of targets) expect(text).toContain(`id="${id}"`);
  });

  test("lets pages of any site call, without cookies", async () => {
    const response = await call("/api/jobs", {
      method: "OPTIONS",
      headers: {
        origin: "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });
});
