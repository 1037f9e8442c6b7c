import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../edge/local/server.ts";

/** The importing file, what it imports, and whether the linter allows it. */
const IMPORTS: readonly (readonly [from: string, specifier: string, allowed: boolean])[] = [
  ["shared/a.ts", "./plan/plan.ts", true],
  ["shared/a.ts", "zod", true],
  ["shared/holder/a.ts", "@noble/hashes/legacy.js", true],
  ["shared/holder/a.ts", "hash-wasm", true],
  ["shared/playlist/a.ts", "../plan/plan.ts", true],
  ["shared/a.ts", "../web/encoder/pool.ts", false],
  ["shared/a.ts", "../edge/app.ts", false],
  ["shared/playlist/a.ts", "../../web/encoder/api.ts", false],
  ["shared/a.ts", "@ffmpeg/types", true],
  ["shared/a.ts", "@ffmpeg/ffmpeg", false],
  ["shared/a.ts", "hono", false],
  ["shared/a.ts", "hono/cors", false],
  ["shared/a.ts", "node:fs", false],
  ["shared/a.ts", "cloudflare:workers", false],
  ["shared/holder/a.ts", "../ingest/read/source.ts", false],
  ["shared/a.ts", "mediabunny", false],
  ["shared/ingest/read/a.ts", "../../plan/plan.ts", true],
  ["shared/ingest/read/a.ts", "../cut/split-video.ts", true],
  ["shared/ingest/read/a.ts", "mediabunny", true],
  ["shared/ingest/read/a.ts", "@noble/hashes/sha2.js", true],
  ["shared/ingest/read/a.ts", "../../../web/holder/ingest/remux.ts", false],
  ["shared/ingest/read/a.ts", "../../../edge/container/workspace.ts", false],
  ["shared/ingest/read/a.ts", "node:fs", false],
  ["shared/ingest/read/a.ts", "hono", false],
  ["web/pages/upload/a.ts", "../../../shared/plan/plan.ts", true],
  ["web/pages/upload/a.ts", "../../../shared/wire/protocol.ts", true],
  ["web/pages/upload/a.ts", "../../owner/owner-api.ts", true],
  ["web/pages/upload/a.ts", "../../owner/state.ts", false],
  ["web/pages/contribute/a.ts", "../../contributor/contributor-api.ts", true],
  ["web/pages/contribute/a.ts", "../../contributor/contributor.worker.ts", false],
  ["web/pages/upload/a.ts", "../../holder/state-feed.ts", false],
  ["web/saved/a.ts", "../owner/owner-api.ts", true],
  ["web/pages/upload/a.tsx", "../../ui/format.ts", true],
  ["web/ui/a.tsx", "../edge-client.ts", true],
  ["web/ui/a.tsx", "../pages/upload/upload-page.tsx", false],
  ["web/ui/a.tsx", "../../edge/app.ts", false],
  ["web/pages/upload/a.ts", "../../../edge/app.ts", false],
  ["web/pages/upload/a.ts", "node:fs", false],
  ["web/build/a.ts", "node:fs", true],
  ["web/headless/a.ts", "node:fs", true],
  ["web/headless/a.ts", "../../edge/local/server.ts", true],
  ["web/headless/a.ts", "../../edge/app.ts", false],
  ["web/headless/a.ts", "../../test/setup/media.ts", false],
  ["web/encoder/a.ts", "../../shared/encode/ffmpeg-args.ts", true],
  ["web/encoder/a.ts", "./api.ts", true],
  ["web/encoder/a.ts", "../worker-link.ts", true],
  ["web/encoder/engines/a.ts", "../api.ts", true],
  ["web/encoder/engines/a.ts", "mediabunny", true],
  ["web/encoder/a.ts", "virtual:ffmpeg-assets", true],
  ["web/encoder/a.ts", "comlink", true],
  ["web/encoder/a.ts", "../holder/ingest/source.ts", false],
  ["web/encoder/engines/a.ts", "../../holder/ingest/source.ts", false],
  ["web/encoder/a.ts", "../owner/choices.ts", false],
  ["web/encoder/a.ts", "../../shared/ingest/read/source.ts", false],
  ["web/encoder/a.ts", "../edge-client.ts", false],
  ["web/encoder/engines/a.ts", "../../edge-client.ts", false],
  ["web/encoder/a.ts", "../../edge/app.ts", false],
  ["web/encoder/a.ts", "../ui/format.ts", false],
  ["web/encoder/a.ts", "preact", false],
  ["web/holder/a.ts", "../../shared/ingest/read/source.ts", true],
  ["web/holder/a.ts", "../edge-client.ts", true],
  ["web/holder/a.ts", "../encoder/pool.ts", true],
  ["web/holder/a.ts", "../owner/choices.ts", false],
  ["web/holder/a.ts", "../pages/upload/upload-session.ts", false],
  ["web/holder/a.ts", "preact", false],
  ["web/owner/a.ts", "../holder/session.ts", true],
  ["web/owner/a.ts", "../pages/upload/upload-session.ts", false],
  ["web/owner/a.ts", "../ui/format.ts", false],
  ["web/owner/a.ts", "@preact/signals", false],
  ["edge/pool/model/a.ts", "../../../shared/job/job.ts", true],
  ["edge/pool/model/a.ts", "../pool.ts", false],
  ["edge/pool/model/a.ts", "cloudflare:workers", false],
  ["web/edge-client.ts", "./encoder/pool.ts", false],
  ["web/edge-client.ts", "../shared/wire/protocol.ts", true],
  ["edge/a.ts", "../shared/plan/plan.ts", true],
  ["edge/routes/a.ts", "../coordinator/coordinator.ts", true],
  ["edge/app.ts", "./routes/jobs.ts", true],
  ["edge/http/a.ts", "../app.ts", false],
  ["edge/coordinator/a.ts", "../routes/jobs.ts", false],
  ["edge/a.ts", "../shared/ingest/read/source.ts", false],
  ["edge/a.ts", "../web/encoder/pool.ts", false],
  ["edge/routes/a.ts", "../../web/edge-client.ts", false],
  ["edge/servers/a.ts", "../container/server.ts", false],
  ["edge/routes/a.ts", "../local/server.ts", false],
  ["edge/coordinator/schedule/a.ts", "../../../shared/plan/plan.ts", true],
  ["edge/coordinator/schedule/a.ts", "./verify/trust.ts", true],
  ["edge/coordinator/schedule/a.ts", "../../gate/verdict.ts", true],
  ["edge/coordinator/schedule/a.ts", "../../gate/gate.ts", false],
  ["edge/coordinator/schedule/a.ts", "../store.ts", false],
  ["edge/coordinator/schedule/a.ts", "../../storage/presign.ts", false],
  ["edge/coordinator/schedule/a.ts", "cloudflare:workers", false],
  ["edge/coordinator/schedule/verify/a.ts", "../../../../shared/retry.ts", true],
  ["edge/coordinator/schedule/verify/a.ts", "zod", true],
  ["edge/coordinator/schedule/verify/a.ts", "../leases.ts", true],
  ["edge/coordinator/schedule/verify/a.ts", "../state/draft.ts", true],
  ["edge/coordinator/schedule/verify/a.ts", "../../store.ts", false],
  ["edge/coordinator/schedule/verify/a.ts", "node:crypto", false],
  ["edge/coordinator/schedule/verify/a.ts", "hono", false],
  ["edge/coordinator/schedule/verify/a.ts", "../../../../web/edge-client.ts", false],
  ["edge/container/a.ts", "../../shared/encode/ffmpeg-args.ts", true],
  ["edge/container/a.ts", "../../shared/ingest/read/source.ts", true],
  ["edge/container/a.ts", "node:child_process", true],
  ["edge/container/a.ts", "../../web/holder/ingest/remux.ts", false],
  ["edge/container/a.ts", "../coordinator/schedule/schedule.ts", false],
  ["edge/container/a.ts", "../../web/edge-client.ts", false],
  ["edge/local/a.ts", "../container/server.ts", true],
  ["test/shared/a.ts", "../../edge/coordinator/schedule/schedule.ts", true],
];

let refused: Set<string>;

// Lints a folder laid out like the repository in one run. Each file has one import per line.
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

test("every path that a rule names is there", async () => {
  const config = await readFile(join(root, ".biome.jsonc"), "utf8");
  // Our own folders and files that rules name, as their scope or as refused imports.
  const named = [...config.matchAll(/"!?((?:\*\*|shared|web|edge|test)\/[^" ]*)"/g)].map(
    ([, path = ""]) => path,
  );
  expect(named).not.toHaveLength(0);
  const missing = named.filter((pattern) => {
    const files = spawnSync("git", ["ls-files", "--", `:(glob)${pattern}`], {
      cwd: root,
      encoding: "utf8",
    });
    return files.stdout === "";
  });
  expect(missing).toEqual([]);
});
