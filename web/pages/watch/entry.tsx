import { effect } from "@preact/signals";
import { render } from "preact";
import { EdgeClient } from "../../edge-client.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { EmbedPage, titleOf, WatchPage } from "./watch-page.tsx";
import { watchStatus } from "./watch-status.ts";

requireBrowser("watch");

const jobId = location.pathname.split("/")[2] ?? "";
const masterUrl = `${location.origin}/v/${jobId}/master.m3u8`;
const watchUrl = `${location.origin}/watch/${jobId}`;
const embedded = new URLSearchParams(location.search).has("embed");

const ends = new AbortController();
const video = { jobId, masterUrl, ownerToken: ownerTokenOf(jobId) };
const state = watchStatus(new EdgeClient(location.origin), video, ends.signal);
// Not in a page that may come back from the browser's cache: it would never ask again.
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) ends.abort();
});

document.documentElement.classList.toggle("is-embedded", embedded);
const Page = embedded ? EmbedPage : WatchPage;
render(
  <Page state={state} video={video} watchUrl={watchUrl} />,
  document.getElementById("page") as HTMLElement,
);
effect(() => {
  const { kind } = state.value;
  if (kind === "known" || kind === "stored") {
    document.title = `${titleOf(state.value)} · Tributary`;
  }
});
