import { type ReadonlySignal, signal } from "@preact/signals";
import { TributaryError, toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { Mp4Status, SignedLink, VideoPage, VideoPatch } from "../../../shared/wire/api.ts";
import type { VideoFiles } from "../../../shared/wire/files.ts";
import type { Pictures, PosterSource } from "../../../shared/wire/pictures.ts";
import { type CaptionsFeed, captionsFeed } from "../../captions/captions-feed.ts";
import type { EdgeClient } from "../../edge-client.ts";
import { authorized } from "../../player/authorized.ts";
import { forgetOwned, ownedIds, ownerTokenOf, rememberOwned } from "../../saved/owned-videos.ts";
import type { WholeUploadOptions } from "../../whole-upload.ts";

export type CatalogueVideo = VideoPage["videos"][number];

/** Number of this browser's own videos that are requested in parallel. */
const OWN_AT_ONCE = 20;
const LOOK_FOR_MP4_EVERY_MS = 1_500;
const LOOKS_FOR_MP4 = 200;
/** Time in which a deletion can be undone. */
export const UNDO_SECONDS = 15;

/**
 * State and actions of the page "Videos". Methods throw only where they say so; other errors show in `problem` and
 * `problemOf`.
 */
export class Catalogue {
  readonly #client: EdgeClient;
  readonly #own = signal<CatalogueVideo[] | null>(null);
  readonly #listed = signal<CatalogueVideo[] | null>(null);
  readonly #search = signal("");
  /** Cursor of the next page of listed videos; null: the first page; undefined: there are no more. */
  readonly #cursor = signal<string | null | undefined>(null);
  readonly #problem = signal<WireError | null>(null);
  readonly #problems = signal<Record<string, WireError | null>>({});
  readonly #deleted = signal<string | null>(null);
  /** Timers of videos that will be deleted soon, unless that is undone, by id. */
  readonly #leaving = signal<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());
  readonly #hasServers = signal(false);
  readonly #mp4 = signal<Record<string, Mp4Status>>({});
  /** Number of the latest request for the list; answers to earlier ones are dropped. */
  #asked = 0;

  constructor(client: EdgeClient) {
    this.#client = client;
  }

  /** This browser's own videos; null before they have loaded. */
  get own(): ReadonlySignal<CatalogueVideo[] | null> {
    return this.#own;
  }
  /** The loaded pages of the site's list, without this browser's own videos; null before the first has loaded. */
  get listed(): ReadonlySignal<CatalogueVideo[] | null> {
    return this.#listed;
  }
  get search(): string {
    return this.#search.value;
  }
  /** Whether the site has servers, which make MP4s. */
  get hasServers(): boolean {
    return this.#hasServers.value;
  }
  get hasMore(): boolean {
    return this.#cursor.value !== undefined;
  }
  /** Error of the lists; null where there is none. */
  get problem(): WireError | null {
    return this.#problem.value;
  }
  /** Error of the last action on a video; null where there is none. */
  problemOf(id: string): WireError | null {
    return this.#problems.value[id] ?? null;
  }
  /** Whether a video will be deleted soon, unless that is undone. */
  isLeaving(id: string): boolean {
    return this.#leaving.value.has(id);
  }
  /** Title of the last deleted video. */
  get deleted(): string | null {
    return this.#deleted.value;
  }

  /** State of a video's MP4; null where it was not requested on this page. */
  mp4Of(id: string): Mp4Status | null {
    return this.#mp4.value[id] ?? null;
  }

  /** Loads this browser's own videos and the first page of the list; also used to try again after a problem. */
  async open(): Promise<void> {
    await this.#showing(async () => {
      const [site] = await Promise.all([this.#client.site(), this.#askOwn()]);
      this.#hasServers.value = site.servers;
    });
    if (this.#listed.value === null) await this.more();
  }

  /** Loads the next page of the list. */
  async more(): Promise<void> {
    const cursor = this.#cursor.value;
    if (cursor === undefined) return;
    const asked = ++this.#asked;
    await this.#showing(async () => {
      const page = await this.#client.listVideos(cursor, this.#search.peek());
      if (asked !== this.#asked) return;
      const shown = new Set(this.#listed.value?.map(({ id }) => id));
      const fresh = page.videos.filter(({ id }) => !shown.has(id) && ownerTokenOf(id) === null);
      this.#listed.value = [...(this.#listed.value ?? []), ...fresh];
      this.#cursor.value = page.cursor ?? undefined;
    });
  }

  /** Searches the titles and descriptions of both lists. */
  async find(search: string): Promise<void> {
    this.#search.value = search;
    this.#listed.value = null;
    this.#cursor.value = null;
    await this.more();
  }

  async #askOwn(): Promise<void> {
    const ids = ownedIds();
    const found: CatalogueVideo[] = [];
    for (let from = 0; from < ids.length; from += OWN_AT_ONCE) {
      const some = ids.slice(from, from + OWN_AT_ONCE);
      const videos = await Promise.all(some.map((id) => this.#ownVideo(id)));
      found.push(...videos.filter((video) => video !== null));
    }
    this.#own.value = [...new Map(found.map((video) => [video.id, video])).values()];
  }

  /** One of this browser's own videos; null where it is gone, or not in the catalogue yet. */
  async #ownVideo(id: string): Promise<CatalogueVideo | null> {
    const token = ownerTokenOf(id);
    try {
      const video = await this.#client.video(id, token ?? undefined);
      if (video.id === id || token === null) return video;
      // The video replaced another one, and is managed under that one's id.
      if (ownerTokenOf(video.id) === null) rememberOwned(video.id, token);
      forgetOwned(id);
      return video;
    } catch (thrown) {
      if (toWireError(thrown).code === "NOT_FOUND") return null;
      throw thrown;
    }
  }

  /** @throws TributaryError where the change was not saved */
  async change(id: string, patch: VideoPatch): Promise<void> {
    await this.#client.changeVideo(id, ownerTokenOf(id) ?? "", patch);
    const changed = await this.#ownVideo(id);
    if (changed === null) return;
    this.#own.value = this.#own.value?.map((video) => (video.id === id ? changed : video)) ?? null;
  }

  /** @throws TributaryError where the poster was not saved */
  async savePoster(id: string, jpeg: Blob, source: PosterSource): Promise<Pictures> {
    const pictures = await this.#client.savePoster(id, ownerTokenOf(id) ?? "", jpeg, source);
    this.#own.value =
      this.#own.value?.map((video) => (video.id === id ? { ...video, ...pictures } : video)) ??
      null;
    return pictures;
  }

  /** @throws TributaryError as `EdgeClient.keepOriginal` */
  async keepOriginal(id: string, file: File, options: WholeUploadOptions): Promise<void> {
    await this.#client.keepOriginal(id, ownerTokenOf(id) ?? "", file, options);
  }

  async deleteOriginal(id: string): Promise<void> {
    await this.#client.deleteOriginal(id, ownerTokenOf(id) ?? "");
  }

  /** @throws TributaryError where the video's objects cannot be listed */
  files(id: string): Promise<VideoFiles> {
    return this.#client.videoFiles(id, ownerTokenOf(id) ?? undefined);
  }

  /** @throws TributaryError where no link could be made */
  link(id: string, expiresInMinutes: number): Promise<SignedLink> {
    return this.#client.linkVideo(id, ownerTokenOf(id) ?? "", { expiresInMinutes });
  }

  /** @throws TributaryError where the links could not be ended */
  withdrawLinks(id: string): Promise<void> {
    return this.#client.withdrawLinks(id, ownerTokenOf(id) ?? "");
  }

  /**
   * The captions of a video.
   * @param isMaking whether the video is being made: then the feed asks more often
   * @param abort ends the feed
   */
  captions(id: string, isMaking: boolean, abort: AbortSignal): CaptionsFeed {
    const video = { jobId: id, ownerToken: () => ownerTokenOf(id) };
    return captionsFeed(this.#client, video, () => isMaking, abort);
  }

  /** Has the MP4 made and waits for it. */
  async makeMp4(id: string): Promise<void> {
    const token = ownerTokenOf(id);
    if (token === null) return;
    await this.#with(id, async () => {
      let status = await this.#client.makeMp4(id, token);
      for (let looks = 0; looks < LOOKS_FOR_MP4; looks += 1) {
        this.#mp4.value = { ...this.#mp4.value, [id]: status };
        if (status.state === "ready") return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_MP4_EVERY_MS));
        status = await this.#client.mp4Status(id, token);
      }
    });
  }

  /** Fetches the MP4 of a private video with the owner's token, since its address alone does not open it. */
  async fetchMp4(id: string, url: string): Promise<Blob | null> {
    let blob: Blob | null = null;
    await this.#with(id, async () => {
      const response = await fetch(url, authorized(ownerTokenOf(id)));
      if (!response.ok) throw new TributaryError("DOWNLOAD_FAILED", "The file did not come.");
      blob = await response.blob();
    });
    return blob;
  }

  /** Deletes a video after `UNDO_SECONDS`, or when the page is left, unless that is undone before. */
  removeSoon(id: string): void {
    this.#stay(id);
    const timer = setTimeout(() => void this.removeNow(id), UNDO_SECONDS * 1000);
    this.#leaving.value = new Map(this.#leaving.value).set(id, timer);
  }

  undo(id: string): void {
    this.#stay(id);
  }

  /** Deletes at once what would be deleted soon, because the page is being left. */
  removeLeaving(): void {
    for (const id of this.#leaving.value.keys()) void this.removeNow(id);
  }

  /** Takes a video off the list and deletes it for good; one that is being made is cancelled first. */
  async removeNow(id: string): Promise<void> {
    this.#stay(id);
    const token = ownerTokenOf(id);
    const video = this.#own.value?.find((each) => each.id === id);
    if (token === null || video === undefined) return;
    this.#deleted.value = video.title;
    this.#own.value = this.#own.value?.filter((each) => each.id !== id) ?? null;
    await this.#with(id, async () => {
      try {
        // Cancelling does nothing to a video that has become ready meanwhile.
        if (video.state === "planned") await this.#client.cancelJob(id, token).catch(ifGone);
        await this.#client.deleteVideo(id, token).catch(ifGone);
        forgetOwned(id);
      } catch (thrown) {
        // The video still exists, so its card comes back and shows the error.
        this.#own.value = [...(this.#own.value ?? []), video];
        throw thrown;
      }
    });
  }

  #stay(id: string): void {
    const leaving = new Map(this.#leaving.value);
    clearTimeout(leaving.get(id));
    if (leaving.delete(id)) this.#leaving.value = leaving;
  }

  #showing(work: () => Promise<void>): Promise<void> {
    return reporting((error) => {
      this.#problem.value = error;
    }, work);
  }

  #with(id: string, work: () => Promise<void>): Promise<void> {
    return reporting((error) => {
      this.#problems.value = { ...this.#problems.value, [id]: error };
    }, work);
  }
}

/** Ignores the error that a video is already gone. */
function ifGone(thrown: unknown): void {
  const { code } = toWireError(thrown);
  if (code !== "NOT_FOUND" && code !== "JOB_NOT_FOUND") throw thrown;
}

/** Runs `work`, and shows its error, or null where there is none. */
async function reporting(
  show: (error: WireError | null) => void,
  work: () => Promise<void>,
): Promise<void> {
  show(null);
  try {
    await work();
  } catch (thrown) {
    show(toWireError(thrown));
  }
}
