import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import type { BatchReport, TranscodeReport } from "../../web/headless/report.ts";
import { decodedFrameTimes } from "../exactness/decoded-frames.ts";
import { fixture } from "../setup/media.ts";

// npm run transcode, seen from outside: exit status, standard output, files.

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-driver-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function start(argv: string[]) {
  const child = spawn(process.execPath, [join(root, "web/headless/transcode.ts"), ...argv], {
    cwd: root,
    env: { ...process.env, TRIBUTARY_URL: inject("serverUrl") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output, ended };
}

async function run(argv: string[]) {
  const { output, ended } = start(argv);
  return { status: await ended, ...output };
}

/** Parses the standard output, which is a single line of JSON. */
function reportOf(stdout: string): TranscodeReport {
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  return JSON.parse(stdout);
}

test("a file that becomes a video: status 0, a report, a copy that plays from disk", async () => {
  const out = join(dir, "video");
  const file = await fixture("plain-8s.mp4");
  const ladder = ["--ladder", "240:300,144:140"];
  const checking = ["--verify", "adaptive", "--unverified", "publish"];
  const asked = [
    ...ladder,
    ...checking,
    "--title",
    "Eight seconds",
    "--visibility",
    "private",
    "--out",
    out,
    "--json",
  ];
  const { status, stdout } = await run([file, ...asked]);
  expect(status).toBe(0);
  const report = reportOf(stdout);
  // The owner's copy is there. Without a token the video does not exist.
  const stranger = await fetch(`${inject("serverUrl")}/v/${report.jobId}/master.m3u8`);
  expect(stranger.status).toBe(404);
  expect(report.title).toBe("Eight seconds");
  expect(report).toMatchObject({ ok: true, error: null, durationSeconds: 8, outDir: out });
  expect(report.settings).toMatchObject({ verify: "adaptive", unverified: "publish" });
  const { firstPlayableMs, readyMs, inspectedMs } = report.times;
  expect(inspectedMs).toBeGreaterThan(0);
  expect(firstPlayableMs).toBeGreaterThan(inspectedMs ?? Number.NaN);
  expect(readyMs).toBeGreaterThanOrEqual(firstPlayableMs ?? Number.NaN);
  // Three segments: the short first one, and two more.
  expect(report.segments.length).toBe(report.renditions.length * 3);
  expect(report.poolBusyShare).toBeGreaterThan(0);
  if (process.platform === "linux") expect(report.tabMemory?.peakBytes).toBeGreaterThan(50e6);
  expect(await decodedFrameTimes(join(out, "v240/playlist.m3u8"))).toHaveLength(240);
});

test("several files and a folder: one report with a list, each in its own folder", async () => {
  const folder = join(dir, "clips");
  await mkdir(join(folder, "more"), { recursive: true });
  await copyFile(await fixture("plain-8s.mp4"), join(folder, "one.mp4"));
  await copyFile(await fixture("plain-8s.mp4"), join(folder, "more", "one.mp4"));
  await writeFile(join(folder, "notes.txt"), "No video.");
  const broken = join(dir, "broken.mp4");
  await writeFile(broken, "No video.\n".repeat(1000));
  const out = join(dir, "videos");
  const argv = [broken, folder, "--ladder", "144:140", "--out", out, "--json"];
  const { status, stdout } = await run(argv);
  expect(status).toBe(1);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  const report = JSON.parse(stdout) as BatchReport;
  expect(report).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^SOURCE_/) } });
  expect(report.files.map(({ ok, file, outDir }) => [ok, file, outDir])).toEqual([
    [false, broken, null],
    [true, join(folder, "more", "one.mp4"), join(out, "one")],
    [true, join(folder, "one.mp4"), join(out, "one-2")],
  ]);
  for (const each of ["one", "one-2"]) {
    expect(await decodedFrameTimes(join(out, each, "v144/playlist.m3u8"))).toHaveLength(240);
  }
});

test("a file that is no video: status 1, the code, in seconds, no job", async () => {
  const file = join(dir, "text.mp4");
  await writeFile(file, "No video.\n".repeat(1000));
  const { status, stdout, stderr } = await run([file, "--json"]);
  expect(status).toBe(1);
  expect(reportOf(stdout)).toMatchObject({
    ok: false,
    jobId: null,
    error: { code: expect.stringMatching(/^SOURCE_/) },
  });
  expect(stderr).toMatch(/SOURCE_/);
});

test("a ladder that cannot be: status 2 and why", async () => {
  const file = await fixture("plain-8s.mp4");
  const { status, stdout } = await run([file, "--ladder", "240:1", "--json"]);
  expect(status).toBe(2);
  expect(reportOf(stdout)).toMatchObject({ ok: false, error: { code: "LADDER_INVALID" } });
});

test.each([
  [[]],
  [["/no/such/file.mp4"]],
  [["package.json", "package-lock.json", "--title", "Both"]],
  [["edge/catalog"]],
  [["--engine", "magic", "package.json"]],
  [["--visibility", "everybody", "package.json"]],
  [["--title", " ", "package.json"]],
  [["--verify", "some", "package.json"]],
  [["--unverified", "perhaps", "package.json"]],
  [["--unverified", "publish", "--verify", "all", "package.json"]],
])("wrong arguments %j: status 2 and the usage", async (argv) => {
  const { status, stdout, stderr } = await run(argv);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("npm run transcode -- FILE");
});

test("interrupted: status 130, and the job is cancelled", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const { child, output, ended } = start([file, "--engine", "ffmpeg", "--json"]);
  while (!/running: \d+ of/.test(output.stderr)) await sleep(100);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  const report = reportOf(output.stdout);
  expect(report).toMatchObject({ ok: false, error: { code: "CANCELLED" } });
  const answer = await fetch(`${inject("serverUrl")}/api/jobs/${report.jobId}`);
  expect(await answer.json()).toMatchObject({ state: "cancelled" });
});
