import type { Browser, Page, Worker } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

// Each kind of worker dies in the middle of a call, in ways that only the link detects. Every open call then
// settles with a code. (Running out of memory is not tested, because Chromium then ends the whole tab.)

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  page = await openBlankPage(browser, inject("serverUrl"));
  // These requests are never answered, so calls that need them stay open.
  await page.route("**/api/jobs/**", () => {});
  await page.route("**/*.wasmz", () => {});
});
afterEach(() => page.close());

/** Limits only how long a failing test takes. */
const PATIENT = { timeout: 30_000 };

declare global {
  /** In the page: the code that the tested call is rejected with. */
  var outcome: Promise<string>;
}

interface Kind {
  script: string;
  /** Runs in the page: starts the worker as the product does and makes a call that stays open. */
  call(): Promise<Promise<unknown>>;
}

const KINDS: Record<string, Kind> = {
  owner: {
    script: "/owner/owner.worker.ts",
    call: async () => {
      const { connectOwner } = await load<typeof import("../../web/pages/upload/connect-owner.ts")>(
        "/pages/upload/connect-owner.ts",
      );
      const job = { jobId: "j", ownerToken: "t", fileName: "f", fingerprint: "f", content: null };
      const call = connectOwner().api.resume({
        ...job,
        sizeBytes: 1,
        ladder: [],
        createdAtMs: 0,
        planSlots: 1,
        audio: {},
        engine: null,
        trim: null,
        picture: null,
        usesServers: null,
        visibility: "unlisted",
      });
      return [call] as never;
    },
  },
  contributor: {
    script: "/contributor/contributor.worker.ts",
    call: async () => {
      const { connectContributor } = await load<
        typeof import("../../web/pages/contribute/connect-contributor.ts")
      >("/pages/contribute/connect-contributor.ts");
      const who = { name: "n", device: "d" };
      const call = connectContributor().api.open({
        jobId: "j",
        token: "t",
        holderId: "h",
        who,
        mobile: false,
      });
      return [call] as never;
    },
  },
  encoder: {
    script: "/encoder/transcode.worker.ts",
    call: async () => {
      const { Pool } = await load<typeof import("../../web/encoder/pool.ts")>("/encoder/pool.ts");
      const pool = new Pool({ slots: 1, preference: "ffmpeg", ffmpegAhead: 0 }, () => {});
      const source = { video: { codec: "avc1.64001f" } };
      const grant = { task: { id: "t", kind: "video" }, source };
      const request = { grant, chunk: new ArrayBuffer(1) };
      const call = pool.transcode(request as never, () => {}, new AbortController().signal);
      return [call] as never;
    },
  },
  core: {
    script: "/encoder/ffmpeg-core.worker.ts",
    call: async () => {
      const { loadFfmpegCore } =
        await load<typeof import("../../web/encoder/ffmpeg-core.ts")>("/encoder/ffmpeg-core.ts");
      // The error's cause says why the core's worker died.
      const call = loadFfmpegCore().catch((thrown: Error) => Promise.reject(thrown.cause));
      return [call] as never;
    },
  },
  remux: {
    script: "/holder/ingest/remux.worker.ts",
    call: async () => {
      const { remux } =
        await load<typeof import("../../web/holder/ingest/remux.ts")>("/holder/ingest/remux.ts");
      const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
      const core = { module, scriptUrl: "data:text/javascript,await new Promise(() => {})" };
      const { signal } = new AbortController();
      const call = remux(new Blob(["video"]), core, { copy: "everything" }, { signal });
      return [call] as never;
    },
  },
};

const kinds = Object.entries(KINDS);

describe.each(kinds)("a call to the %s worker, in the middle of which", (_, { script, call }) => {
  test("the worker ends, settles with WORKER_CRASHED", async () => {
    const worker = await begin(script, call);
    worker.evaluate(() => self.close()).catch(() => {});
    expect(await page.evaluate(() => globalThis.outcome)).toBe("WORKER_CRASHED");
  });

  test("the worker throws, settles with WORKER_CRASHED", async () => {
    const worker = await begin(script, call);
    worker.evaluate(throwLater).catch(() => {});
    expect(await page.evaluate(() => globalThis.outcome)).toBe("WORKER_CRASHED");
    await expect.poll(() => workerOf(script), PATIENT).toBeUndefined();
  });
});

test.each(kinds)(
  "a call to the %s worker, whose script cannot be loaded, settles",
  async (_, kind) => {
    // Only the worker itself, and not the module that exports its address.
    const isScript = ({ pathname, searchParams }: URL) =>
      pathname === kind.script && searchParams.has("worker_file");
    await page.route(isScript, (route) => route.abort());
    await makeCall(kind.call);
    expect(await page.evaluate(() => globalThis.outcome)).toBe("SCRIPT_NOT_LOADED");
  },
);

async function begin(script: string, call: Kind["call"]): Promise<Worker> {
  await makeCall(call);
  return begun(script);
}

async function makeCall(call: Kind["call"]): Promise<void> {
  await page.evaluate(`(${call.toString()})().then(([call]) => {
    globalThis.outcome = call.then(() => "answered", (thrown) => thrown.code);
  })`);
}

/** Resolves when the worker has started, and its starter watches its lock. */
async function begun(script: string): Promise<Worker> {
  const unwatched = async () => {
    if (workerOf(script) === undefined) return null;
    const { pending } = await page.evaluate(() => navigator.locks.query());
    return page.workers().length - (pending?.length ?? 0);
  };
  await expect.poll(unwatched, PATIENT).toBe(0);
  return workerOf(script) as Worker;
}

function workerOf(script: string): Worker | undefined {
  return page.workers().find((worker) => new URL(worker.url()).pathname === script);
}

/** Runs in a worker: throws an error that nothing catches. */
function throwLater(): void {
  setTimeout(() => {
    throw new Error("thrown by the test");
  });
}

// "heard": a worker whose calls may block its thread sends signs of life. "asked": other workers answer pings.
test.each([
  ["/owner/owner.worker.ts", "asked"],
  ["/contributor/contributor.worker.ts", "asked"],
  ["/encoder/transcode.worker.ts", "heard"],
  ["/encoder/ffmpeg-core.worker.ts", "heard"],
] as const)(
  "a call to %s, which loops without end, settles with WORKER_STALLED",
  async (script, signs) => {
    await page.evaluate(
      async ({ script, signs }) => {
        const { WorkerLink } =
          await load<typeof import("../../web/worker-link.ts")>("/worker-link.ts");
        const worker = new Worker(`${script}?worker_file&type=module`, { type: "module" });
        const options = { name: "It", silentTicks: 3, signs };
        globalThis.link = new WorkerLink<AnyApi>(worker, { ...options, timeoutsMs: { quick: 50 } });
        await globalThis.link.ready;
      },
      { script, signs },
    );
    await workerOf(script)?.evaluate(() => {
      setTimeout(() => {
        for (;;);
      });
    });
    const codes = await page.evaluate(async () => {
      const { api, died } = globalThis.link;
      const codeOf = (call: Promise<unknown>): Promise<string> =>
        call.then(
          () => "answered",
          (thrown) => thrown.code,
        );
      // Until its loop has begun, the worker answers that it does not have this method.
      let quick: string;
      do quick = await codeOf(api.quick());
      while (quick === "INTERNAL");
      let slow: string;
      do slow = await codeOf(api.slow());
      while (slow === "INTERNAL");
      return { quick, slow, died: (await died).code, later: await codeOf(api.slow()) };
    });
    expect(codes).toEqual({
      quick: "TIMEOUT",
      slow: "WORKER_STALLED",
      died: "WORKER_STALLED",
      later: "WORKER_STALLED",
    });
    await expect.poll(() => workerOf(script), PATIENT).toBeUndefined();
  },
);

interface AnyApi {
  slow(): Promise<void>;
  quick(): Promise<void>;
}

declare global {
  var link: import("../../web/worker-link.ts").WorkerLink<AnyApi>;
}

test("an aborted call settles with the signal's reason, and its worker is gone", async () => {
  const outcome = page.evaluate(async () => {
    const { Pool } = await load<typeof import("../../web/encoder/pool.ts")>("/encoder/pool.ts");
    const pool = new Pool({ slots: 1, preference: "ffmpeg", ffmpegAhead: 0 }, () => {});
    const source = { video: { codec: "avc1.64001f" } };
    const grant = { task: { id: "t", kind: "video" }, source };
    const request = { grant, chunk: new ArrayBuffer(1) };
    const abort = new AbortController();
    // Aborts at the engine's first sign of life, which comes while it waits for the core.
    const call = pool.transcode(request as never, () => abort.abort(), abort.signal);
    return call.then(
      () => "answered",
      (thrown: Error) => thrown.name,
    );
  });
  expect(await outcome).toBe("AbortError");
  await expect.poll(() => workerOf("/encoder/transcode.worker.ts"), PATIENT).toBeUndefined();
});

test("what a worker throws arrives as a TributaryError with its code", async () => {
  const thrown = await page.evaluate(async () => {
    const { connectOwner } = await load<typeof import("../../web/pages/upload/connect-owner.ts")>(
      "/pages/upload/connect-owner.ts",
    );
    const error = await connectOwner()
      .api.start()
      .catch((error: unknown) => error);
    const { name, code, retryable } = error as Record<string, unknown>;
    return { name, code, retryable };
  });
  expect(thrown).toEqual({ name: "TributaryError", code: "REQUEST_INVALID", retryable: false });
});

test("a worker that throws leaves the one that started it alive", async () => {
  await page.evaluate(async () => {
    const { connectOwner } = await load<typeof import("../../web/pages/upload/connect-owner.ts")>(
      "/pages/upload/connect-owner.ts",
    );
    const { api } = connectOwner();
    globalThis.owner = api;
    await api.configure({ engine: "ffmpeg" });
    // The core is fetched ahead, whatever the file contains.
    await api.inspect(new File(["no video"], "no-video.mp4"));
  });
  const core = "/encoder/ffmpeg-core.worker.ts";
  const worker = await begun(core);
  worker.evaluate(throwLater).catch(() => {});
  await expect.poll(() => workerOf(core), PATIENT).toBeUndefined();
  // If the error counted as the owner's own, the link would reject this call.
  await page.evaluate(() => globalThis.owner.reset());
});

declare global {
  var owner: import("../../web/owner/owner-api.ts").OwnerApi;
}
