import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import type { ERROR_CODES } from "../../shared/job/errors.ts";
import { call } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

interface Operation {
  operationId: string;
  security: unknown[];
  requestBody?: { content: unknown };
  parameters?: { name: string; in: string; required?: boolean; description?: string }[];
  responses: Record<string, unknown>;
}

interface Document {
  openapi: string;
  info: { description: string };
  servers: unknown;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

async function readDocument(): Promise<Document> {
  return (await call("/api/openapi.json")).json();
}

const OPERATION_IDS = [
  "abortUpload",
  "addCaptions",
  "addPoolLink",
  "backUpCatalogue",
  "cancelJob",
  "changePool",
  "changeVideo",
  "checkVideo",
  "completeOriginal",
  "completeUpload",
  "coordinatorStatus",
  "countPlay",
  "createJob",
  "createOriginal",
  "createPool",
  "createUpload",
  "createUploadToken",
  "deleteCaptions",
  "deleteOriginal",
  "deleteVideo",
  "endPool",
  "endPoolLink",
  "jobEvents",
  "jobStatus",
  "linkVideo",
  "listCaptions",
  "listReports",
  "listVideos",
  "makeMp4",
  "mp4Status",
  "oembed",
  "original",
  "overview",
  "pool",
  "poolOverview",
  "poolTicket",
  "removeContributor",
  "removePoolMember",
  "reportVideo",
  "restoreCatalogue",
  "revokeShares",
  "savePoster",
  "saveRules",
  "saveStoryboard",
  "settleReport",
  "shareJob",
  "signUploadParts",
  "site",
  "socketTicket",
  "unlockVideo",
  "video",
  "videoFiles",
  "webhookStatus",
  "withdrawLinks",
];
const SCHEMA_NAMES = [
  "AbortUpload",
  "Captions",
  "CaptionsList",
  "CatalogueBackup",
  "ChangedVideo",
  "CompleteUpload",
  "CompletedUpload",
  "CreatePlannedJob",
  "CreatePool",
  "CreateUpload",
  "CreateUploadToken",
  "CreateWholeJob",
  "CreatedJob",
  "CreatedPool",
  "JobCounts",
  "JobStatus",
  "LinkRequest",
  "Mp4Status",
  "NewCaptions",
  "NewReport",
  "NewStoryboard",
  "OEmbed",
  "Overview",
  "PartUrls",
  "Pictures",
  "Pool",
  "PoolLink",
  "PoolLinkRequest",
  "PoolOverview",
  "PoolPatch",
  "PoolTicket",
  "Problem",
  "Reports",
  "Restored",
  "Share",
  "Shared",
  "Site",
  "SiteRules",
  "SocketTicket",
  "Unlock",
  "Upload",
  "UploadParts",
  "UploadToken",
  "Video",
  "VideoCheck",
  "VideoFiles",
  "VideoLink",
  "VideoPage",
  "VideoPatch",
  "WebhookStatus",
];

describe("the OpenAPI document", () => {
  test("describes every address that answers, and nothing else", async () => {
    const document = await readDocument();
    expect(document.openapi).toBe("3.1.0");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const address = path
          .replace("{id}", "0".repeat(20))
          .replace("{holderId}", "somebody")
          .replace("{linkId}", "0".repeat(20))
          .replace("{memberId}", "somebody")
          .replace("{captions}", "s00000000");
        const response = await call(address, {
          method: method.toUpperCase(),
          ...(method === "post" ? { body: "{}" } : {}),
          headers: { "content-type": "application/json", "cf-connecting-ip": `${method}${path}` },
        });
        const answer = (await response.json().catch(() => null)) as {
          code?: keyof typeof ERROR_CODES;
        } | null;
        // Everything requested here does not exist or is refused. The document names the code of each answer.
        if (answer?.code === undefined) continue;
        const named = JSON.stringify(document.paths[path]?.[method]?.responses);
        expect(named, `${method} ${path}`).toContain(answer.code);
        expect(answer.code === "NOT_FOUND" && path.startsWith("/api/jobs")).toBe(false);
      }
    }
  });

  test("leaves out no address of the API but those of its own parts", async () => {
    const { paths } = await readDocument();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const served = app.routes
      .filter(({ path }) => /^\/(api\/.|coordinator-status)/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const missing = new Set(served.filter((each) => !each.startsWith("all ")));
    for (const each of described) missing.delete(each);
    expect([...missing].sort()).toEqual([
      "delete /api/jobs/{id}/http-socket",
      "get /api/jobs/{id}/socket",
      "get /api/openapi.json",
      "get /api/pools/{id}/socket",
      "post /api/jobs/{id}/http-socket",
      "post /api/jobs/{id}/http-socket/receive",
      "post /api/jobs/{id}/http-socket/send",
      "post /api/jobs/{id}/prepared",
    ]);
  });

  test("says what programs hold on to: operation ids, names of schemas, tokens, parameters", async () => {
    const { paths, components, info, servers } = await readDocument();
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(OPERATION_IDS);
    expect(Object.keys(components.schemas).sort()).toEqual(SCHEMA_NAMES);
    const tokens = Object.keys(components.securitySchemes).sort();
    expect(tokens).toEqual(["create", "helper", "operator", "owner", "pool"]);
    expect(servers).toEqual([{ url: "http://localhost" }]);
    expect(info.description).toContain("curl http://localhost/api/uploads --json");

    const share = paths["/api/jobs/{id}/share"]?.["post"];
    expect(share).toMatchObject({
      security: [{ owner: [] }],
      parameters: [{ name: "id", in: "path", required: true }],
      requestBody: {
        content: { "application/json": { schema: { $ref: "#/components/schemas/Share" } } },
      },
      responses: {
        201: {
          content: { "application/json": { schema: { $ref: "#/components/schemas/Shared" } } },
        },
        409: {
          description: "JOB_ENDED",
          content: {
            "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
          },
        },
      },
    });
    const list = paths["/api/videos"]?.["get"];
    expect(list?.parameters).toMatchObject([
      { name: "cursor", in: "query", description: "Of the page before." },
      { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100 } },
      { name: "state", in: "query", schema: { enum: ["planned", "ready", "failed", "cancelled"] } },
      { name: "search", in: "query" },
    ]);
    expect(list?.parameters?.some(({ required }) => required === true)).toBe(false);
    const bodies = paths["/api/jobs"]?.["post"]?.requestBody?.content;
    expect(JSON.stringify(bodies)).toMatch(/anyOf.*CreateWholeJob.*CreatePlannedJob/);
    // Each reference names an existing schema.
    const references = JSON.stringify(paths).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    const names = new Set([...references].map(([, name]) => name));
    expect([...names].filter((name) => !SCHEMA_NAMES.includes(name ?? ""))).toEqual([]);
  });

  test("shows an example of each body and of each answer", async () => {
    const { paths, components } = await readDocument();
    type Schema = { $ref?: string; anyOf?: Schema[]; examples?: unknown[] };
    const examplesOf = ({ $ref, anyOf, examples = [] }: Schema): unknown[] => {
      if ($ref === undefined) return anyOf === undefined ? examples : anyOf.flatMap(examplesOf);
      return examplesOf((components.schemas[$ref.split("/").at(-1) ?? ""] ?? {}) as Schema);
    };
    type Content = { content?: { "application/json"?: { schema: Schema } } };
    const without: string[] = [];
    let seen = 0;
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      const parts = [operation.requestBody, ...Object.values(operation.responses)] as Content[];
      for (const part of parts) {
        const schema = part?.content?.["application/json"]?.schema;
        if (schema === undefined) continue;
        seen += 1;
        if (examplesOf(schema).length === 0) without.push(operation.operationId);
      }
    }
    expect(seen).toBeGreaterThan(50);
    expect(without).toEqual([]);
  });

  test("lets pages of any site call, without cookies", async () => {
    const response = await call("/api/jobs", {
      method: "OPTIONS",
      headers: {
        origin: "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,idempotency-key",
      },
    });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
    // The typed client sends this header with each creation.
    expect(response.headers.get("access-control-allow-headers")).toContain("idempotency-key");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });
});
