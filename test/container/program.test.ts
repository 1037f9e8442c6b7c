import { mkdtempSync, openAsBlob, readFileSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import type { ProgramLimits } from "../../edge/container/program.ts";
import { Workspace } from "../../edge/container/workspace.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { openSource, type Source } from "../../shared/ingest/read/source.ts";
import { ManualClock } from "../holder/manual-clock.ts";
import { fixture } from "../setup/media.ts";
import { children, cpuTicks, oneChild } from "./own-ffmpeg.ts";

// Native ffmpeg that hangs, loops or grows. The processes are real; the clock that times a hang is moved by hand.

const { signal } = new AbortController();
const ENDLESS = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30"];

/** Lets a stopped process run until it has used some processor time; then stops it again. */
async function liveALittle(pid: number): Promise<void> {
  const before = cpuTicks(pid);
  process.kill(pid, "SIGCONT");
  while (cpuTicks(pid) === before) await sleep(1);
  process.kill(pid, "SIGSTOP");
}

/** A temporary folder of this test's own: other tests run at the same time. */
const temporary = mkdtempSync(join(tmpdir(), "tributary-test-"));
process.env["TMPDIR"] = temporary;
afterAll(() => rm(temporary, { recursive: true, force: true }));

describe("a task whose ffmpeg stands still", () => {
  let source: Source;
  beforeAll(async () => {
    const path = await fixture("long-gop-20s.mp4");
    source = await openSource(new File([await openAsBlob(path)], basename(path)), { signal });
  }, 60_000);
  afterAll(() => source?.close());

  async function begin() {
    const plan = source.planJob([{ shortSide: 480, kilobitsPerSecond: 1_400 }]);
    const [task] = plan.tasks.filter(({ kind }) => kind === "video");
    if (task === undefined) throw new Error("no video task");
    const grant = leaseGrant(plan, task, { id: "test", attempt: 1 }, { from: "local" });
    const chunk = await source.cutChunk(grant, signal);
    const clock = new ManualClock();
    let end: unknown;
    const ended = transcodeTask(grant, chunk, () => {}, { signal, clock }).then(
      (made) => {
        end = made;
      },
      (thrown: unknown) => {
        end = thrown;
      },
    );
    const pid = await oneChild();
    process.kill(pid, "SIGSTOP");
    // The first check has to see some processor time.
    if (cpuTicks(pid) === 0) await liveALittle(pid);
    return { clock, pid, ended, end: () => end };
  }

  test("is killed after 30 s without a moment of the processor, with a code and without a trace", async () => {
    const { clock, pid, ended, end } = await begin();
    // The first check still finds progress: what the process did before it was stopped.
    await clock.advance(1_000);
    await clock.advance(29_000);
    expect(end()).toBeUndefined();
    expect(children()).toEqual([pid]);
    await clock.advance(1_000);
    await ended;
    expect(end()).toMatchObject({ code: "WORKER_STALLED", retryable: true });
    expect(children()).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("is left to finish while it lives, however slowly", async () => {
    const { clock, pid, ended, end } = await begin();
    for (let i = 0; i < 8; i += 1) {
      await clock.advance(29_000);
      expect(end()).toBeUndefined();
      await liveALittle(pid);
    }
    process.kill(pid, "SIGCONT");
    await ended;
    expect(end()).toMatchObject({ engine: "ffmpeg-native" });
  });

  test("has the kernel's limits, and sees nothing of the server's environment", async () => {
    process.env["TRIBUTARY_SECRET"] = "of the server";
    try {
      const { pid, ended, clock } = await begin();
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
      await clock.advance(32_000);
      await ended;
      // A limit is a number of seconds or bytes; without one there would be "unlimited".
      expect(limits).toMatch(/Max cpu time +3630 /);
      expect(limits).toMatch(/Max file size +\d+ /);
      expect(limits).toMatch(/Max data size +\d+ /);
      expect(environment).toMatch(/^PATH=/);
      expect(environment).not.toContain("TRIBUTARY_SECRET");
    } finally {
      delete process.env["TRIBUTARY_SECRET"];
    }
  });
});

describe("a program at its limits", () => {
  const run = (argv: string[], limits: Partial<ProgramLimits>, isProgress?: boolean) =>
    Workspace.use((workspace) =>
      workspace.run("ffmpeg", argv, {
        signal,
        limits,
        ...(isProgress === undefined ? {} : { onLine: () => isProgress }),
      }),
    );
  const toNowhere = ["-nostdin", "-progress", "pipe:1", ...ENDLESS, "-f", "null", "-"];

  test("ends when it works without getting anywhere", async () => {
    const running = run(toNowhere, { idleCpuSeconds: 0.2 }, false);
    await expect(running).rejects.toMatchObject({ code: "WORKER_STALLED" });
  });

  test("ends when it has used its processor time, though it gets on", async () => {
    const running = run(toNowhere, { cpuSeconds: 0.2, idleCpuSeconds: 1_000 }, true);
    await expect(running).rejects.toMatchObject({ code: "WORKER_STALLED" });
  });

  test("ends when a file grows beyond what it may, at that size", async () => {
    await Workspace.use(async (workspace) => {
      const argv = ["-nostdin", ...ENDLESS, "-f", "rawvideo", "out.yuv"];
      const running = workspace.run("ffmpeg", argv, { signal, limits: { fileBytes: 1_048_576 } });
      await expect(running).rejects.toMatchObject({ code: "ENCODE_FAILED" });
      expect((await stat(workspace.path("out.yuv"))).size).toBeLessThanOrEqual(1_048_576);
    });
  });

  test("ends when it prints without end", async () => {
    const argv = ["-nostdin", ...ENDLESS, "-f", "rawvideo", "pipe:1"];
    const running = run(argv, { stdoutBytes: 1_000_000 });
    await expect(running).rejects.toMatchObject({ code: "ENCODE_FAILED" });
  });

  test("gets no more memory than it may", async () => {
    const large = "testsrc2=size=3840x2160:rate=30";
    const argv = ["-nostdin", "-f", "lavfi", "-i", large, "-c:v", "libx264", "-f", "null", "-"];
    const running = run(argv, { memoryBytes: 64 * 1024 ** 2 });
    await expect(running).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  });

  test("that is not there has a code of its own", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = "/nowhere";
    try {
      await expect(run(["-version"], {})).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    } finally {
      process.env["PATH"] = PATH;
    }
  });
});
