import { signal } from "@preact/signals";
import { TributaryError, toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { Mp4Status, VideoPage } from "../../../shared/wire/api.ts";
import type { EdgeClient } from "../../edge-client.ts";
import { authorized } from "../../player/authorized.ts";
import { forgetOwned, ownedIds, ownerTokenOf } from "../../saved/owned-videos.ts";

export type CatalogueVideo = VideoPage["videos"][number];

/** Of this browser's own videos, asked for one by one. */
const OWN_A_PAGE = 20;
const LOOK_FOR_MP4_EVERY_MS = 1_500;
const LOOKS_FOR_MP4 = 200;

/** The doings of the catalogue's page. Methods never throw: what went wrong is in `problem` and `problemOf`. */
export class Catalogue {
  readonly #client: EdgeClient;
  readonly #videos = signal<CatalogueVideo[] | null>(null);
  /** Of the listed videos; null: the first page is to come; undefined: there are no more. */
  readonly #cursor = signal<string | null | undefined>(null);
  /** This browser's own, not yet asked for. */
  #ownLeft: string[] | null = null;
  readonly #problem = signal<WireError | null>(null);
  readonly #problems = signal<Record<string, WireError | null>>({});
  readonly #deleted = signal<string | null>(null);
  readonly #hasServers = signal(false);
  readonly #mp4 = signal<Record<string, Mp4Status>>({});

  constructor(client: EdgeClient) {
    this.#client = client;
  }

  /** This browser's own first, then those that are listed; null before the first page is here. */
  get videos(): CatalogueVideo[] | null {
    return this.#videos.value;
  }
  /** Somebody is there who makes MP4s. */
  get hasServers(): boolean {
    return this.#hasServers.value;
  }
  get hasMore(): boolean {
    return this.#cursor.value !== undefined;
  }
  /** Of the list. */
  get problem(): WireError | null {
    return this.#problem.value;
  }
  /** What could not be done with a video. */
  problemOf(id: string): WireError | null {
    return this.#problems.value[id] ?? null;
  }
  /** Name of the video that was deleted last. */
  get deleted(): string | null {
    return this.#deleted.value;
  }

  /** Null when it was not asked for on this page. */
  mp4Of(id: string): Mp4Status | null {
    return this.#mp4.value[id] ?? null;
  }

  isOwned(id: string): boolean {
    return ownerTokenOf(id) !== null;
  }

  async more(): Promise<void> {
    const show = (error: WireError | null) => {
      this.#problem.value = error;
    };
    await reporting(show, async () => {
      this.#ownLeft ??= ownedIds();
      const [own, site] = await Promise.all([
        Promise.all(this.#ownLeft.slice(0, OWN_A_PAGE).map((id) => this.#own(id))),
        this.#client.site(),
      ]);
      this.#hasServers.value = site.servers;
      const left = this.#ownLeft.slice(OWN_A_PAGE);
      const cursor = this.#cursor.value;
      const isListNext = left.length === 0 && cursor !== undefined;
      const page = isListNext ? await this.#client.listVideos(cursor) : null;
      const known = new Map(this.#videos.value?.map((video) => [video.id, video]));
      for (const video of [...own, ...(page?.videos ?? [])]) {
        if (video !== null && !known.has(video.id)) known.set(video.id, video);
      }
      this.#videos.value = [...known.values()];
      this.#ownLeft = left;
      if (page !== null) this.#cursor.value = page.cursor ?? undefined;
    });
  }

  /** Null for one that is gone, or not in the catalogue yet. */
  async #own(id: string): Promise<CatalogueVideo | null> {
    try {
      return await this.#client.video(id, ownerTokenOf(id) ?? undefined);
    } catch (thrown) {
      if (toWireError(thrown).code === "NOT_FOUND") return null;
      throw thrown;
    }
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

  /** The MP4 of a private video: a link alone does not open it. */
  async fetchMp4(id: string, url: string): Promise<Blob | null> {
    let blob: Blob | null = null;
    await this.#with(id, async () => {
      const response = await fetch(url, authorized(ownerTokenOf(id)));
      if (!response.ok) throw new TributaryError("DOWNLOAD_FAILED", "The file did not come.");
      blob = await response.blob();
    });
    return blob;
  }

  /** Deletes it for good; one that is being made is cancelled. */
  async remove({ id, name, state }: CatalogueVideo): Promise<void> {
    const token = ownerTokenOf(id);
    if (token === null) return;
    await this.#with(id, async () => {
      // One that has become ready meanwhile stays as it is when it is cancelled.
      if (state === "planned") await this.#client.cancelJob(id, token).catch(ifGone);
      await this.#client.deleteVideo(id, token).catch(ifGone);
      forgetOwned(id);
      this.#deleted.value = name;
      this.#videos.value = (this.#videos.value ?? []).filter((video) => video.id !== id);
    });
  }

  #with(id: string, work: () => Promise<void>): Promise<void> {
    const show = (error: WireError | null) => {
      this.#problems.value = { ...this.#problems.value, [id]: error };
    };
    return reporting(show, work);
  }
}

/** What is not there any more needs no deletion. */
function ifGone(thrown: unknown): void {
  const { code } = toWireError(thrown);
  if (code !== "NOT_FOUND" && code !== "JOB_NOT_FOUND") throw thrown;
}

/** Shows what goes wrong, and nothing while all is well. */
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
