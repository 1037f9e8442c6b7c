import { signal } from "@preact/signals";
import { render } from "preact";
import { EdgeClient } from "../../edge-client.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { pageTitle } from "../../ui/page-title.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords } from "../../words/words.ts";
import { Catalogue } from "./catalogue.ts";
import { GivenVideos, takeGivenVideos } from "./other-devices.tsx";
import { VideosPage } from "./videos-page.tsx";

const words = loadWords(PAGE_WORDS.videos);
requireBrowser("videos", words);

const catalogue = new Catalogue(new EdgeClient(location.origin));
const given = signal(takeGivenVideos());

function AskForGiven() {
  const videos = given.value;
  if (videos === null) return null;
  const done = () => {
    given.value = null;
  };
  return <GivenVideos given={videos} onDone={done} />;
}

await words;
pageTitle("videos.videos");
render(
  <VideosPage catalogue={catalogue} notice={<AskForGiven />} />,
  document.getElementById("page") as HTMLElement,
);
window.addEventListener("pagehide", () => catalogue.removeLeaving());
void catalogue.open();
