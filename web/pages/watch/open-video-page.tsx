import { effect } from "@preact/signals";
import { type FunctionComponent, render } from "preact";
import { captionsFeed } from "../../captions/captions-feed.ts";
import { EdgeClient } from "../../edge-client.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords } from "../../words/words.ts";
import { beginAt } from "./start-time.ts";
import { forgetKey, keepKey, keyOf } from "./video-key.ts";
import { titleOf, type WatchPageProps } from "./watch-page.tsx";
import { watchStatus } from "./watch-status.ts";

/**
 * Shows the video that the page's address names.
 * @returns a signal that is aborted when the page is left for good
 */
export function openVideoPage(Page: FunctionComponent<WatchPageProps>): AbortSignal {
  const words = loadWords(PAGE_WORDS.watch);
  requireBrowser("watch", words);
  const { origin, pathname, search } = location;
  const jobId = pathname.split("/")[2] ?? "";
  const query = new URLSearchParams(search);
  const ownerToken = ownerTokenOf(jobId);
  const key = ownerToken === null ? keyOf(jobId, query) : null;
  const masterUrl = `${origin}/v/${key === null ? "" : `~${key}/`}${jobId}/master.m3u8`;
  const watchUrl = `${origin}/watch/${jobId}`;

  const ends = new AbortController();
  const video = { jobId, masterUrl, ownerToken, key };
  const client = new EdgeClient(origin);
  const state = watchStatus(client, video, ends.signal);
  const captions = captionsFeed(
    client,
    { jobId, ownerToken: () => ownerToken ?? key },
    () => state.value.kind === "known" && state.value.status.endedAtMs === null,
    ends.signal,
  );
  // Not where the page may come back from the browser's cache: it would never ask for the state again.
  window.addEventListener("pagehide", (event) => {
    if (!event.persisted) ends.abort();
  });

  beginAt(query);
  // Counts one play for each page, except the owner's. A failed request is ignored.
  const count = () => void client.countPlay(jobId, key ?? undefined).catch(() => {});
  // Captured, because media events do not bubble.
  const once = { capture: true, once: true, signal: ends.signal };
  if (ownerToken === null) document.addEventListener("playing", count, once);
  const unlock = async (passphrase: string) => {
    const link = await client.unlockVideo(jobId, passphrase);
    keepKey(jobId, link.key);
    location.reload();
  };
  const show = () => {
    const root = document.getElementById("page") as HTMLElement;
    // Removes the edge's text for browsers without scripts.
    root.replaceChildren();
    render(
      <Page
        state={state}
        video={video}
        watchUrl={watchUrl}
        captions={captions}
        downloads={{
          video: () => client.video(jobId, ownerToken ?? key ?? undefined),
          files: () => client.videoFiles(jobId, ownerToken ?? key ?? undefined),
        }}
        onUnlock={unlock}
        onReport={(report) => client.reportVideo(jobId, report, key ?? undefined)}
      />,
      root,
    );
    effect(() => {
      const { kind } = state.value;
      // The passphrase no longer opens the video: the page asks for it again.
      if (kind === "refused" && forgetKey(jobId)) location.reload();
      if (kind === "known" || kind === "stored") {
        document.title = `${titleOf(state.value)} · Tributary`;
      }
    });
  };
  void words.then(show);
  return ends.signal;
}
