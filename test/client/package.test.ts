import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../edge/local/server.ts";

// The client as other programs use it: packed, unpacked into a program's node_modules, type-checked and run.

const run = promisify(execFile);
let program: string;
let site: Server;
let origin: string;

beforeAll(async () => {
  program = await mkdtemp(join(tmpdir(), "tributary-client-"));
  await run(process.execPath, [join(root, "web/build/make-client.mjs")]);
  const pack = ["pack", "--ignore-scripts", "--pack-destination", program, "--json"];
  const { stdout } = await run("npm", pack, { cwd: root });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  const home = join(program, "node_modules/tributary");
  await mkdir(home, { recursive: true });
  const tarball = join(program, packed?.filename ?? "");
  await run("tar", ["xzf", tarball, "-C", home, "--strip-components=1"]);
  // The client's own dependencies, as npm would install them. The program has no other packages.
  for (const name of ["zod", "p-limit", "yocto-queue"]) {
    await symlink(join(root, "node_modules", name), join(program, "node_modules", name));
  }
  site = createServer((request, response) => {
    const isThere = request.url === "/api/videos?search=quay";
    response.writeHead(isThere ? 200 : 404, { "content-type": "application/json" });
    const problem = {
      type: "about:blank",
      title: "x",
      status: 404,
      code: "NOT_FOUND",
      detail: "No.",
    };
    response.end(JSON.stringify(isThere ? { videos: [], cursor: null } : problem));
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  site?.close();
  await rm(program, { recursive: true, force: true });
});

const PROGRAM = `import { EdgeClient, TributaryError, type VideoPage } from "tributary/client";
const client = new EdgeClient(process.argv[2] ?? "");
const page: VideoPage = await client.listVideos(null, "quay");
const thrown = await client.video("0".repeat(20)).catch((error: unknown) => error);
console.log(page.videos.length, thrown instanceof TributaryError && thrown.code);
`;

test("a program of others is typed by it, and runs", async () => {
  await writeFile(join(program, "package.json"), '{"type": "module"}');
  await writeFile(join(program, "main.ts"), PROGRAM);
  const options = "--module nodenext --target es2024 --strict --types node".split(" ");
  const types = ["--typeRoots", join(root, "node_modules/@types"), "main.ts"];
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler, ...options, ...types], { cwd: program });
  const { stdout } = await run(process.execPath, ["main.js", origin], { cwd: program });
  expect(stdout.trim()).toBe("0 NOT_FOUND");
});

test("the package holds the client and nothing else", async () => {
  const text = await readFile(join(program, "node_modules/tributary/package.json"), "utf8");
  expect(JSON.parse(text).exports).toHaveProperty("./client");
  const { stdout } = await run("find", ["node_modules/tributary", "-type", "f"], { cwd: program });
  const files = stdout.trim().split("\n");
  expect(
    files.filter((name) => !/\/(dist-client\/|package\.json|README\.md|LICENSE)/.test(name)),
  ).toEqual([]);
});
