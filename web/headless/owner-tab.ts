import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { Browser, Page } from "playwright";
import type { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import type { TrimRequest } from "../../shared/job/trim.ts";
import type { LadderRung } from "../../shared/plan/rungs.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  type ShareResponse,
} from "../../shared/wire/api.ts";
import type { Captions, NewCaptions } from "../../shared/wire/captions.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import { EdgeClient } from "../edge-client.ts";
import type { OwnerOptions } from "../owner/owner-api.ts";
import type { ShownState } from "../pages/upload/shown-state.ts";
import { countDownloads } from "./page-downloads.ts";
import { logOf } from "./page-log.ts";

const PAGE_TIMEOUT_MS = 30_000;
/** Time between looks in the page itself, which cost far less than looks from outside. */
const LOOK_IN_PAGE_MS = 10;

export interface OwnerTabOptions {
  /** The app's origin, no slash at the end. */
  serverUrl: string;
  engine: string;
  slots: number | null;
  /** Number of cores that the page sees; null: the real number. */
  cores?: number | null;
  ladder: string | null;
  /** Default: the page's own choice. */
  audioKbps?: number | null;
  /** Default: the loudness stays as it is. */
  loudness?: boolean;
  /** Default: stereo only. */
  surround?: boolean;
  /** The part of each file that is made; default: the whole file. */
  trim?: TrimRequest | null;
  /** How helpers' results are checked from the start; default: the page's own choice. */
  checking?: OwnerOptions["checking"];
  /** Time for the page to open and to answer; default: 30 s, plenty unless many open at once. */
  pageTimeoutMs?: number;
}

/**
 * The owner's tab: the real page with its real controls. Its state is read from `tributary.state`, which the page
 * provides for drivers such as this one.
 */
export class OwnerTab {
  readonly page: Page;
  readonly #edge: EdgeClient;
  /** Warnings and errors that the page logged, newest last. */
  readonly log: readonly string[];
  /** See `countDownloads`. */
  readonly downloadedBytes: () => Promise<number>;

  private constructor(page: Page, serverUrl: string, say: (line: string) => void) {
    this.page = page;
    this.#edge = new EdgeClient(serverUrl);
    this.log = logOf(page, "page", say);
    this.downloadedBytes = countDownloads(page);
  }

  /**
   * Opens the page.
   * @param say takes each warning and error of the page as it comes
   * @param prepare called before the page is opened, e.g. to put faults into its network
   */
  static async open(
    browser: Browser,
    options: OwnerTabOptions,
    say: (line: string) => void,
    prepare?: (tab: OwnerTab) => Promise<void>,
  ): Promise<OwnerTab> {
    const context = await browser.newContext({ serviceWorkers: "block" });
    const tab = new OwnerTab(await context.newPage(), options.serverUrl, say);
    tab.page.setDefaultTimeout(options.pageTimeoutMs ?? PAGE_TIMEOUT_MS);
    if (options.cores != null) {
      await tab.page.addInitScript((cores) => {
        Object.defineProperty(navigator, "hardwareConcurrency", { value: cores });
      }, options.cores);
    }
    if (options.checking !== undefined) {
      await tab.page.addInitScript((checking) => {
        Object.assign(globalThis, { tributaryChecking: checking });
      }, options.checking);
    }
    await prepare?.(tab);
    const query = new URLSearchParams();
    if (options.engine !== "auto") query.set("engine", options.engine);
    if (options.slots !== null) query.set("slots", String(options.slots));
    if (options.ladder !== null) query.set("ladder", options.ladder);
    if (options.loudness === true) query.set("loudness", "1");
    if (options.surround === true) query.set("surround", "1");
    if (options.audioKbps != null) query.set("audio-kbps", String(options.audioKbps));
    const { startSeconds, endSeconds } = options.trim ?? {};
    if (startSeconds !== undefined) query.set("from", String(startSeconds));
    if (endSeconds !== undefined) query.set("to", String(endSeconds));
    const search = query.size === 0 ? "" : `?${query}`;
    await tab.page.goto(`${options.serverUrl}/${search}`);
    await tab.#isThere();
    return tab;
  }

  /** Reloads the page; while work is under way the page asks first. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#isThere();
  }

  /** Picks a file in the page's own file input, by its path, so that its bytes are not copied. */
  async pick(file: string): Promise<void> {
    await this.page.locator('input[type="file"]').first().setInputFiles(file);
  }

  /**
   * Clicks "Start" and returns the job that the page got.
   * @throws TributaryError with the edge's code, or with the page's where the page sends no request
   */
  async start(): Promise<CreateJobResponse> {
    const created = this.page.waitForResponse(
      (each) => each.request().method() === "POST" && each.url().endsWith("/api/jobs"),
    );
    const refused = this.page.waitForFunction(() => {
      const { state } = (globalThis as unknown as { tributary: { state: ShownState } }).tributary;
      return state.error !== null;
    });
    // The first one counts; the other may time out, and that error is ignored.
    for (const each of [created, refused]) each.catch(() => {});
    await this.page.getByRole("button", { name: "Start", exact: true }).click();
    const first = await Promise.race([created, refused]);
    if (!("request" in first)) {
      const { error } = await this.state();
      throw new TributaryError(error?.code ?? "INTERNAL", error?.message ?? "It did not start.");
    }
    const body: unknown = await first.json().catch(() => null);
    if (first.ok()) return parsed(createJobResponseSchema, body);
    const problem = parsed(problemSchema, body);
    throw new TributaryError(problem.code, problem.detail);
  }

  /**
   * The page's state. Passed as text, because an object of a thousand tasks costs the browser many times more.
   * @param past phases that are over first: the page waits for that
   * @param withinMs the longest wait, in milliseconds
   */
  async state(past: readonly ShownState["phase"][] = [], withinMs = 0): Promise<ShownState> {
    const wait = { past: [...past], untilMs: withinMs, everyMs: LOOK_IN_PAGE_MS };
    const text = await this.page.evaluate(async ({ past, untilMs, everyMs }) => {
      const shown = (globalThis as unknown as { tributary: { state: ShownState } }).tributary;
      const beganMs = performance.now();
      while (past.includes(shown.state.phase) && performance.now() - beganMs < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      return JSON.stringify(shown.state);
    }, wait);
    return JSON.parse(text) as ShownState;
  }

  /**
   * In `inspected`: waits until the ladder asked for is in place.
   * @throws TributaryError LADDER_INVALID, as the page says
   */
  async ladderApplied(rungs: readonly LadderRung[]): Promise<void> {
    const isSettled = (wanted: string): boolean => {
      const { state } = (globalThis as unknown as { tributary: { state: ShownState } }).tributary;
      return state.error !== null || JSON.stringify(state.inspection?.ladder) === wanted;
    };
    await this.page.waitForFunction(isSettled, JSON.stringify(rungs));
    const { error } = await this.state();
    if (error !== null) throw new TributaryError(error.code, error.message);
  }

  /**
   * In `inspected`: waits until the part asked for is planned.
   * @throws TributaryError TRIM_EMPTY, TRIM_BEYOND_END, as the page says
   */
  async trimApplied(): Promise<void> {
    // Start is enabled once the part is planned.
    await this.page.locator("button:enabled", { hasText: /^Start$/ }).waitFor();
    const { error } = await this.state();
    if (error !== null) throw new TributaryError(error.code, error.message);
  }

  /** The job's status from the edge, with the fields that only its owner may see. */
  status({ jobId, ownerToken }: CreateJobResponse): Promise<JobStatus> {
    return this.#edge.jobStatus(jobId, ownerToken);
  }

  /** Cancels the job at the edge; a job that has ended stays as it is. */
  cancel({ jobId, ownerToken }: CreateJobResponse): Promise<void> {
    return this.#edge.cancelJob(jobId, ownerToken);
  }

  /** In `inspected`: sets the title. */
  async title(title: string): Promise<void> {
    await this.page.getByLabel("Title", { exact: true }).fill(title);
  }

  async captions({ jobId, ownerToken }: CreateJobResponse): Promise<Captions[]> {
    return (await this.#edge.captions(jobId, ownerToken)).captions;
  }

  /** Adds captions by the same request as the page's own control. */
  addCaptions({ jobId, ownerToken }: CreateJobResponse, sent: NewCaptions): Promise<Captions> {
    return this.#edge.addCaptions(jobId, ownerToken, sent);
  }

  /** Uploads the source file as the video's original. */
  async keepOriginal({ jobId, ownerToken }: CreateJobResponse, path: string): Promise<void> {
    const file = new File([await openAsBlob(path)], basename(path));
    await this.#edge.keepOriginal(jobId, ownerToken, file);
  }

  /** Sets a picture file as the poster, by the page's own control. Possible once the video can be watched. */
  async poster(file: string): Promise<void> {
    await this.page.getByLabel("Use a picture of your own").setInputFiles(file);
    const saved = this.page.getByText("This picture now stands for the video.");
    const refused = this.page.locator(".poster-panel [role=alert]");
    await saved.or(refused).first().waitFor();
    if (await refused.isVisible()) {
      throw new TributaryError("PICTURE_INVALID", `${file} cannot be used as a picture.`);
    }
  }

  /** In `inspected`, for a file without video: sets the picture that is shown while it plays, by the page's control. */
  async soundPicture(file: string): Promise<void> {
    await this.page.getByLabel("Use a picture of your own").setInputFiles(file);
    const taken = this.page.locator(".sound-picture img");
    const refused = this.page.locator(".sound-picture [role=alert]");
    await taken.or(refused).first().waitFor();
    if (await refused.isVisible()) {
      throw new TributaryError("PICTURE_INVALID", `${file} cannot be used as a picture.`);
    }
  }

  /** In `inspected`: sets who can find the video, by the page's own control. */
  async visibility(visibility: Visibility): Promise<void> {
    await this.page.getByLabel("Who can find it").selectOption(visibility);
  }

  /**
   * In `inspected`: asks a pool for help, by the page's own control.
   * @param link the pool's link for owners
   */
  async pool(link: string): Promise<void> {
    await this.page.getByText("Ask a pool for help").click();
    await this.page.getByLabel("The pool’s link").fill(link);
    await this.page.getByRole("button", { name: "Ask this pool" }).click();
    await this.page.getByRole("checkbox", { name: /help with this video/ }).waitFor();
  }

  /** Makes a contributor link, as the page's own button does. */
  share({ jobId, ownerToken }: CreateJobResponse): Promise<ShareResponse> {
    const request = { expiresInMinutes: 1_440, maxContributors: 50 };
    return this.#edge.share(jobId, ownerToken, request);
  }

  async #isThere(): Promise<void> {
    await this.page.waitForFunction(() => "tributary" in globalThis);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new TributaryError(
    "MESSAGE_INVALID",
    `The edge's answer is not understood: ${result.error.message}`,
  );
}
