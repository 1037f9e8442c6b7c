import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../setup/server.ts";

/** Importing file, what it imports, whether the linter lets it. */
const IMPORTS: readonly (readonly [from: string, specifier: string, allowed: boolean])[] = [
  ["shared/a.ts", "./plan.ts", true],
  ["shared/a.ts", "zod", true],
  ["shared/playlist/a.ts", "../plan.ts", true],
  ["shared/a.ts", "../web/pool/pool.ts", false],
  ["shared/a.ts", "../edge/app.ts", false],
  ["shared/playlist/a.ts", "../../web/worker/api.ts", false],
  ["shared/a.ts", "hono", false],
  ["shared/a.ts", "hono/cors", false],
  ["shared/a.ts", "@noble/hashes/sha2.js", false],
  ["shared/a.ts", "node:fs", false],
  ["shared/a.ts", "cloudflare:workers", false],
  ["shared/a.ts", "./ingest/source.ts", false],
  ["shared/a.ts", "mediabunny", false],
  ["shared/ingest/a.ts", "../plan.ts", true],
  ["shared/ingest/a.ts", "./source.ts", true],
  ["shared/ingest/a.ts", "mediabunny", true],
  ["shared/ingest/a.ts", "@noble/hashes/sha2.js", true],
  ["shared/ingest/a.ts", "../../web/ingest/remux.ts", false],
  ["shared/ingest/a.ts", "../../edge/container/workspace.ts", false],
  ["shared/ingest/a.ts", "node:fs", false],
  ["shared/ingest/a.ts", "hono", false],
  ["web/a.ts", "../shared/plan.ts", true],
  ["web/a.ts", "../shared/ingest/stage.ts", true],
  ["web/a.ts", "./pool/pool.ts", true],
  ["web/ui/a.tsx", "../edge-client.ts", true],
  ["web/a.ts", "../edge/app.ts", false],
  ["web/ui/a.tsx", "../../edge/app.ts", false],
  ["web/a.ts", "node:fs", false],
  ["web/build/a.ts", "node:fs", true],
  ["web/worker/a.ts", "../../shared/ffmpeg-args.ts", true],
  ["web/worker/a.ts", "./api.ts", true],
  ["web/worker/a.ts", "mediabunny", true],
  ["web/worker/a.ts", "virtual:ffmpeg-core", true],
  ["web/worker/a.ts", "../pool/pool.ts", false],
  ["web/worker/a.ts", "../ingest/split.ts", false],
  ["web/worker/a.ts", "../../shared/ingest/source.ts", false],
  ["web/worker/a.ts", "../edge-client.ts", false],
  ["web/worker/a.ts", "../../edge/app.ts", false],
  ["web/worker/a.ts", "preact", false],
  ["web/pool/a.ts", "../../shared/lease-loop.ts", true],
  ["web/pool/a.ts", "./worker-handle.ts", true],
  ["web/pool/a.ts", "../worker/api.ts", true],
  ["web/pool/a.ts", "comlink", true],
  ["web/pool/a.ts", "../worker/ffmpeg-wasm.ts", false],
  ["web/pool/a.ts", "../ingest/split.ts", false],
  ["web/pool/a.ts", "../../shared/ingest/source.ts", false],
  ["web/pool/a.ts", "../edge-client.ts", false],
  ["web/pool/a.ts", "mediabunny", false],
  ["web/ingest/a.ts", "../../shared/plan.ts", true],
  ["web/ingest/a.ts", "../../shared/ingest/source.ts", true],
  ["web/ingest/a.ts", "mediabunny", true],
  ["web/ingest/a.ts", "../pool/pool.ts", false],
  ["web/ingest/a.ts", "../worker/api.ts", false],
  ["web/ingest/a.ts", "../edge-client.ts", false],
  ["web/edge-client.ts", "./pool/pool.ts", false],
  ["edge/a.ts", "../shared/plan.ts", true],
  ["edge/routes/a.ts", "../coordinator/coordinator.ts", true],
  ["edge/a.ts", "../shared/ingest/source.ts", false],
  ["edge/a.ts", "../web/pool/pool.ts", false],
  ["edge/routes/a.ts", "../../web/edge-client.ts", false],
  ["edge/fallback/a.ts", "../container/server.ts", false],
  ["edge/coordinator/schedule.ts", "../../shared/plan.ts", true],
  ["edge/coordinator/schedule.ts", "./trust.ts", true],
  ["edge/coordinator/schedule.ts", "./schedule/leases.ts", true],
  ["edge/coordinator/schedule.ts", "./store.ts", false],
  ["edge/coordinator/schedule/a.ts", "../../../shared/retry.ts", true],
  ["edge/coordinator/schedule/a.ts", "./leases.ts", true],
  ["edge/coordinator/schedule/a.ts", "../store.ts", false],
  ["edge/coordinator/schedule/a.ts", "node:crypto", false],
  ["edge/coordinator/schedule.ts", "../presign.ts", false],
  ["edge/coordinator/schedule.ts", "cloudflare:workers", false],
  ["edge/coordinator/trust.ts", "hono", false],
  ["edge/coordinator/trust.ts", "../../web/edge-client.ts", false],
  ["edge/container/a.ts", "../../shared/ffmpeg-args.ts", true],
  ["edge/container/a.ts", "../../shared/ingest/source.ts", true],
  ["edge/container/a.ts", "node:child_process", true],
  ["edge/container/a.ts", "../../web/ingest/remux.ts", false],
  ["edge/container/a.ts", "../coordinator/schedule.ts", false],
  ["edge/container/a.ts", "../../web/edge-client.ts", false],
  ["test/shared/a.ts", "../../edge/coordinator/schedule.ts", true],
];

let refused: Set<string>;

// A folder laid out like the repository, each file with one import a line, linted in one run.
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "tributary-imports-"));
  try {
    await copyFile(join(root, ".biome.jsonc"), join(dir, ".biome.jsonc"));
    const files = Map.groupBy(IMPORTS, ([from]) => from);
    for (const [from, imports] of files) {
      await mkdir(dirname(join(dir, from)), { recursive: true });
      const lines = imports.map(([, specifier]) => `import ${JSON.stringify(specifier)};\n`);
      await writeFile(join(dir, from), lines.join(""));
    }
    const { stdout } = spawnSync(
      join(root, "node_modules/.bin/biome"),
      [
        ...["lint", "--vcs-enabled=false", "--only=style/noRestrictedImports"],
        ...["--reporter=github", "--max-diagnostics=none", "."],
      ],
      { cwd: dir, encoding: "utf8" },
    );
    const places = stdout.matchAll(/file=([^,]+),line=(\d+)/g);
    refused = new Set(
      [...places].map(([, path = "", line]) => {
        const from = relative(dir, resolve(dir, path));
        return `${from} ${files.get(from)?.[Number(line) - 1]?.[1]}`;
      }),
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test.each(IMPORTS)("%s may import %s: %s", (from, specifier, allowed) => {
  expect(refused.has(`${from} ${specifier}`)).toBe(!allowed);
});
