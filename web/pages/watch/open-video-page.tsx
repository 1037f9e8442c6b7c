import { effect } from "@preact/signals";
import { type FunctionComponent, render } from "preact";
import { captionsFeed } from "../../captions/captions-feed.ts";
import { EdgeClient } from "../../edge-client.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { beginAt } from "./start-time.ts";
import { titleOf, type WatchPageProps } from "./watch-page.tsx";
import { watchStatus } from "./watch-status.ts";

/**
 * Shows the video that the page's address names.
 * @returns aborted where the page goes away for good
 */
export function openVideoPage(Page: FunctionComponent<WatchPageProps>): AbortSignal {
  requireBrowser("watch");
  const { origin, pathname, search } = location;
  const jobId = pathname.split("/")[2] ?? "";
  const masterUrl = `${origin}/v/${jobId}/master.m3u8`;
  const watchUrl = `${origin}/watch/${jobId}`;

  const ends = new AbortController();
  const video = { jobId, masterUrl, ownerToken: ownerTokenOf(jobId) };
  const client = new EdgeClient(origin);
  const state = watchStatus(client, video, ends.signal);
  const captions = captionsFeed(
    client,
    { jobId, ownerToken: () => video.ownerToken },
    () => state.value.kind === "known" && state.value.status.endedAtMs === null,
    ends.signal,
  );
  // Not in a page that may come back from the browser's cache: it would never ask again.
  window.addEventListener("pagehide", (event) => {
    if (!event.persisted) ends.abort();
  });

  beginAt(new URLSearchParams(search));
  const root = document.getElementById("page") as HTMLElement;
  // What the edge wrote there for whoever runs no script.
  root.replaceChildren();
  render(<Page state={state} video={video} watchUrl={watchUrl} captions={captions} />, root);
  effect(() => {
    const { kind } = state.value;
    if (kind === "known" || kind === "stored") {
      document.title = `${titleOf(state.value)} · Tributary`;
    }
  });
  return ends.signal;
}
