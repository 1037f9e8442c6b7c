import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../edge/local/server.ts";
import { webkitPath } from "../../web/headless/system-programs.ts";
import type { BrowserTab, TestBrowser } from "./tab.ts";

/** A page that hangs its process answers no call, so each call has a time limit. */
const CALL_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 20_000;
const LOOK_AGAIN_MS = 100;

/**
 * WebKitGTK's MiniBrowser under Xvfb, driven by WebKitWebDriver (W3C WebDriver). The caller closes it. WebDriver
 * reports no console lines. Lines about crashes come from the driver's own output.
 *
 * @param options.countsFrames whether the browser has `framesToDecode`, which writes a log; default: false. WebKitGTK's
 *   own counter leaves out the frames that came too late on a busy machine: GStreamer's decoder skips some of them and
 *   drops others before they are counted
 */
export async function launchWebkit({ countsFrames = false } = {}): Promise<TestBrowser> {
  const binary = webkitPath();
  if (binary === undefined) throw new Error("No WebKitGTK found (webkit2gtk-driver).");
  const home = await mkdtemp(join(tmpdir(), "tributary-webkit-"));
  const { xvfb, display } = await startXvfb();
  const env = {
    ...process.env,
    ...{ DISPLAY: display, HOME: home, NO_AT_BRIDGE: "1" },
    ...{ XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
    ...{ LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_DMABUF_RENDERER: "1" },
    ...(countsFrames ? decoderLog(home) : {}),
    // For root in a container, which has no user namespaces.
    ...(process.getuid?.() === 0 ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } : {}),
  };
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logs: string[] = [];
  for (const stream of [driver.stdout, driver.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => logs.push(...text.split("\n")));
  }
  const stop = async () => {
    for (const child of [driver, xvfb]) await ended(child);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const call = (method: string, path: string, body?: unknown) =>
    webDriver(`http://127.0.0.1:${port}${path}`, method, body);
  try {
    await answering(() => call("GET", "/status"));
    const { sessionId, capabilities } = (await call("POST", "/session", {
      capabilities: {
        alwaysMatch: {
          "webkitgtk:browserOptions": { binary, args: ["--automation"] },
          timeouts: { script: CALL_TIMEOUT_MS, pageLoad: CALL_TIMEOUT_MS, implicit: 0 },
          strictFileInteractability: false,
        },
      },
    })) as Session;
    const session: Call = (method, path, body) =>
      call(method, `/session/${sessionId}${path}`, body);
    const front = { handle: String(await session("GET", "/window")) };
    let isFirst = true;
    return {
      version: `${capabilities.browserName}/${capabilities.browserVersion}`,
      async newTab() {
        if (isFirst) {
          isFirst = false;
          return tabOf(session, front.handle, front, logs);
        }
        const made = (await session("POST", "/window/new", { type: "window" })) as {
          handle: string;
        };
        return tabOf(session, made.handle, front, logs);
      },
      ...(countsFrames ? { framesToDecode: () => framesToDecode(home) } : {}),
      async close() {
        await session("DELETE", "").catch(() => {});
        await stop();
      },
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** The decoder's own messages, in a file for each process. */
const decoderLog = (dir: string) => ({
  GST_DEBUG: "videodecoder:6",
  GST_DEBUG_NO_COLOR: "1",
  GST_DEBUG_FILE: join(dir, "decoder-%p.log"),
});

/** Number of H.264 frames that GStreamer's decoder has been given so far. */
async function framesToDecode(dir: string): Promise<number> {
  const names = (await readdir(dir)).filter((name) => name.startsWith("decoder-"));
  const logs = await Promise.all(names.map((name) => readFile(join(dir, name), "utf8")));
  return logs.join("").match(/gst_video_decoder_chain:<avdec_h264[^>]*> chain/g)?.length ?? 0;
}

interface Session {
  sessionId: string;
  capabilities: { browserName: string; browserVersion: string };
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

function tabOf(
  session: Call,
  handle: string,
  front: { handle: string },
  logs: readonly string[],
): BrowserTab {
  const call: Call = async (method, path, body) => {
    if (front.handle !== handle) {
      await session("POST", "/window", { handle });
      front.handle = handle;
    }
    return session(method, path, body);
  };
  return {
    logs,
    async goto(url) {
      await call("POST", "/url", { url });
    },
    async reload() {
      await call("POST", "/refresh", {});
    },
    async evaluate(body, argument) {
      const script = `const done = arguments[1];
        (async () => (${body.toString()})(arguments[0]))()
          .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const answer = (await call("POST", "/execute/async", { script, args: [argument] })) as {
        value?: unknown;
        error?: string;
      };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value as never;
    },
    async pickFile(path) {
      const found = await call("POST", "/element", {
        using: "css selector",
        value: "input[type=file]",
      });
      const element = Object.values(found as Record<string, string>)[0];
      await call("POST", `/element/${element}/value`, { text: path });
    },
  };
}

/** @throws Error with the driver's message; TimeoutError */
async function webDriver(url: string, method: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS + 5_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as {
    value: { error?: string; message?: string } | null;
  };
  if (!response.ok) throw new Error(`${value?.error}: ${value?.message}`);
  return value;
}

async function answering(ask: () => Promise<unknown>): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (thrown) {
      if (Date.now() > deadlineMs) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}

/** Starts an X server, which picks the first free display by itself. */
async function startXvfb(): Promise<{ xvfb: ChildProcess; display: string }> {
  const xvfb = spawn(
    "Xvfb",
    ["-displayfd", "3", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  const display = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("Xvfb did not start.")), START_TIMEOUT_MS);
    const settle = (act: () => void) => {
      clearTimeout(late);
      act();
    };
    xvfb.once("error", (error) => settle(() => reject(error)));
    xvfb.stdio[3]?.once("data", (data: Buffer) =>
      settle(() => resolve(`:${data.toString().trim()}`)),
    );
  });
  return { xvfb, display };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(timer);
}
