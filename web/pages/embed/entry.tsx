import { openVideoPage } from "../watch/open-video-page.tsx";
import { EmbedPage } from "../watch/watch-page.tsx";
import { answerPlayerJs } from "./player-js.ts";

document.documentElement.classList.add("is-embedded");
const ends = openVideoPage(EmbedPage);
answerPlayerJs(() => document.querySelector("video"), window, ends);
