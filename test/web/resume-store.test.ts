import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

/** The store of jobs that a reload resumes, in a real browser's IndexedDB. */

const serverUrl = inject("serverUrl");

let browser: Browser;
let page: Page;
let said: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  await page?.context().close();
  said = [];
  page = await openBlankPage(browser, serverUrl);
  page.on("console", (message) => said.push(message.text()));
});

const JOB = {
  jobId: "j1",
  ownerToken: "secret",
  fileName: "a.mp4",
  fingerprint: "5".repeat(64),
  sizeBytes: 1000,
  ladder: [{ shortSide: 480, kilobitsPerSecond: 1400 }],
  createdAtMs: 1_795_000_000_000,
};

/** Fields that older builds did not store. */
const LACKED = {
  content: null,
  planSlots: 1,
  audio: {},
  engine: null,
  usesServers: null,
  visibility: "unlisted",
  trim: null,
  picture: null,
};
const CHOSEN = {
  content: "6".repeat(64),
  planSlots: 4,
  audio: { kilobitsPerSecond: 192 },
  engine: "ffmpeg",
  usesServers: false,
  visibility: "private",
  trim: { startTicks: 288_000, endTicks: 1_890_000 },
  picture: null,
} as const;

/** Writes records like builds from before records had a version: their database, store and format. */
const writeRaw = (records: unknown[]) =>
  page.evaluate(async (given) => {
    const opening = indexedDB.open("tributary", 1);
    opening.onupgradeneeded = () =>
      opening.result.createObjectStore("jobs", { keyPath: "job.jobId" });
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const transaction = database.transaction("jobs", "readwrite");
    for (const record of given) transaction.objectStore("jobs").put(record);
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = () => reject(transaction.error);
    });
    database.close();
  }, records);

const readRaw = () =>
  page.evaluate(async () => {
    const opening = indexedDB.open("tributary", 1);
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const getting = opening.result.transaction("jobs").objectStore("jobs").getAll();
    await new Promise((resolve) => (getting.onsuccess = resolve));
    opening.result.close();
    return getting.result as { schemaVersion?: number; job: { jobId: string } }[];
  });

const list = () =>
  page.evaluate(async () => {
    const { openResumeStore } =
      await load<typeof import("../../web/saved/resume-store.ts")>("/saved/resume-store.ts");
    return openResumeStore().list();
  });

test("a job that an older build kept is taken up, with what it lacks filled in", async () => {
  await writeRaw([{ job: JOB, handle: null }]);
  expect(await list()).toEqual([{ job: { ...JOB, ...LACKED }, handle: null }]);
  expect(said).toEqual([]);
});

test("what cannot be read is forgotten with a word, and the others stay, newest first", async () => {
  const newer = { ...JOB, jobId: "j2", createdAtMs: JOB.createdAtMs + 1, ...CHOSEN };
  await writeRaw([
    { job: JOB, handle: "no handle" },
    { job: { jobId: "broken", ladder: "480:1400" }, handle: null },
    { schemaVersion: 1, job: newer, handle: null },
  ]);
  expect(await list()).toEqual([
    { job: newer, handle: null },
    { job: { ...JOB, ...LACKED }, handle: null },
  ]);
  expect(said.join()).toContain("Job broken of an earlier visit cannot be read");
  expect((await readRaw()).map(({ job }) => job.jobId).sort()).toEqual(["j1", "j2"]);
});

test("a record of a later build is left to it", async () => {
  await writeRaw([{ schemaVersion: 99, job: { jobId: "later" }, source: "elsewhere" }]);
  expect(await list()).toEqual([]);
  expect(await readRaw()).toHaveLength(1);
  expect(said).toEqual([]);
});

test("what is put carries its version, keeps a handle, and is gone when it is deleted", async () => {
  const kept = await page.evaluate(
    async (job) => {
      const { openResumeStore } =
        await load<typeof import("../../web/saved/resume-store.ts")>("/saved/resume-store.ts");
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("a.mp4", { create: true });
      const picture = new Blob(["a picture"]);
      await openResumeStore().put({ job: { ...job, picture }, handle });
      const [stored] = await openResumeStore().list();
      const isKept = (await stored?.job.picture?.text()) === "a picture";
      return isKept && (await stored?.handle?.isSameEntry(handle)) === true;
    },
    { ...JOB, ...CHOSEN },
  );
  expect(kept).toBe(true);
  expect((await readRaw())[0]?.schemaVersion).toBe(1);
  await page.evaluate(async () => {
    const { openResumeStore } =
      await load<typeof import("../../web/saved/resume-store.ts")>("/saved/resume-store.ts");
    await openResumeStore().delete("j1");
  });
  expect(await readRaw()).toEqual([]);
});

test("without a database jobs are not kept, and nothing throws", async () => {
  await page.evaluate(() => {
    Object.defineProperty(globalThis, "indexedDB", { value: undefined });
  });
  expect(await list()).toEqual([]);
  expect(said.join()).toContain("Jobs are not kept over a reload");
});
