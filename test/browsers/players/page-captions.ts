import { type BrowserTab, waitFor } from "../tab.ts";
import type { PagePlayer, PageServer } from "./page-server.ts";

/** A track of captions as a player in a page has it: "0.5-3.5 Text" a cue, sorted. */
export interface PageCaptions {
  language: string;
  cues: string[];
}

const WITHIN_MS = 40_000;

/** What is kept in the page. */
interface Kept {
  /** Languages in the player's order; null before it knows them. */
  languages(): string[] | null;
  choose(index: number): void | Promise<void>;
  /** Tracks as the player has them; absent: the element's. */
  tracks?: () => TextTrack[];
  /** dash.js has only cues near the position: the video is played to its end for each track. */
  isPlayed?: boolean;
  /** Of the chosen track, all that showed so far. */
  seen?: string[];
}
type Page = { captions: Kept };

/**
 * Every track of a video, with all its cues, as a player loads them.
 * @param url of a multivariant playlist, or of a DASH manifest
 */
export async function captionsIn(
  tab: BrowserTab,
  server: PageServer,
  player: PagePlayer,
  url: string,
): Promise<PageCaptions[]> {
  await tab.goto(server.addressOf(player));
  await tab.evaluate(start, { player, url });
  const known = () => (globalThis as unknown as Page).captions.languages();
  const languages = await waitFor(tab, known, null, WITHIN_MS);
  const tracks: PageCaptions[] = [];
  for (const [index, language] of languages.entries()) {
    await tab.evaluate(choose, index);
    tracks.push({ language, cues: await settled(tab) });
  }
  return tracks;
}

/** The cues that show, once the video was played or no more have come for two seconds. */
async function settled(tab: BrowserTab): Promise<string[]> {
  let before: string[] = [];
  for (let still = 0, looks = 0; still < 8 && looks < WITHIN_MS / 250; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { cues, isPlaying } = await tab.evaluate(shownCues, null);
    still = !isPlaying && cues.length > 0 && cues.length === before.length ? still + 1 : 0;
    before = cues;
  }
  return before;
}

/** Runs in the page, as the next ones. */
async function choose(index: number): Promise<void> {
  const { captions } = globalThis as unknown as Page;
  captions.seen = [];
  await captions.choose(index);
}

function shownCues(): { cues: string[]; isPlaying: boolean } {
  const video = document.querySelector("video") as HTMLVideoElement;
  const { captions } = globalThis as unknown as Page;
  const shown = (captions.tracks?.() ?? [...video.textTracks]).filter(
    ({ mode }) => mode !== "disabled",
  );
  // VHS's own lists are none to iterate over.
  const cues = shown.flatMap(({ cues }) => Array.from(cues ?? []) as VTTCue[]);
  cues.sort((a, b) => a.startTime - b.startTime);
  const three = (seconds: number) => Math.round(1000 * seconds) / 1000;
  const texts = cues.map(({ startTime, endTime, text }) => {
    const plain = text
      .replaceAll(/<[^<>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&")
      .replaceAll(/\s*\n\s*/g, " ");
    return `${three(startTime)}-${three(endTime)} ${plain.trim()}`;
  });
  captions.seen = [...new Set([...(captions.seen ?? []), ...texts])];
  return { cues: captions.seen, isPlaying: captions.isPlayed === true && !video.ended };
}

async function start({ player, url }: { player: PagePlayer; url: string }): Promise<void> {
  const video = document.querySelector("video") as HTMLVideoElement;
  // biome-ignore lint/suspicious/noExplicitAny: whatever player the page has loaded.
  const { Hls, shaka, videojs, dashjs } = globalThis as any;
  const keep = (captions: Kept) => Object.assign(globalThis, { captions });
  if (player === "hls.js") {
    const hls = new Hls({ startPosition: 0, maxBufferLength: 600 });
    hls.loadSource(url);
    hls.attachMedia(video);
    keep({
      languages: () =>
        hls.subtitleTracks.length === 0
          ? null
          : hls.subtitleTracks.map(({ lang }: { lang: string }) => lang),
      choose: (index) => {
        hls.subtitleDisplay = true;
        hls.subtitleTrack = index;
      },
    });
  } else if (player === "shaka") {
    shaka.polyfill.installAll();
    const it = new shaka.Player();
    it.configure({ streaming: { bufferingGoal: 600, rebufferingGoal: 0.1 } });
    keep({ languages: () => null, choose: () => {} });
    await it.attach(video);
    await it.load(url, 0);
    keep({
      languages: () => it.getTextTracks().map(({ language }: { language: string }) => language),
      choose: (index) => {
        it.selectTextTrack(it.getTextTracks()[index]);
        it.setTextTrackVisibility?.(true);
      },
    });
  } else if (player === "VHS") {
    const html5 = {
      vhs: { overrideNative: true },
      nativeAudioTracks: false,
      nativeTextTracks: false,
    };
    const it = videojs(video, { html5, preload: "auto", muted: true });
    it.src({ src: url, type: "application/x-mpegURL" });
    const own = (): TextTrack[] =>
      (Array.from(it.textTracks()) as TextTrack[]).filter(({ kind }) => kind === "subtitles");
    keep({
      languages: () => (own().length === 0 ? null : own().map(({ language }) => language)),
      choose: (chosen) => {
        own().forEach((track, index) => {
          track.mode = index === chosen ? "showing" : "disabled";
        });
      },
      tracks: own,
    });
    void it.play();
  } else {
    const it = dashjs.MediaPlayer().create();
    let isOpen = false;
    it.on("streamInitialized", () => {
      isOpen = true;
    });
    it.initialize(video, url, false);
    const tracks = (): { lang: string }[] => (isOpen ? it.getTracksFor("text") : []);
    keep({
      // The others are hidden, not disabled.
      tracks: () => [...video.textTracks].filter(({ mode }) => mode === "showing"),
      isPlayed: true,
      languages: () => (tracks().length === 0 ? null : tracks().map(({ lang }) => lang)),
      choose: async (index) => {
        const soon = () => new Promise((resolve) => setTimeout(resolve, 1_500));
        it.pause();
        it.seek(0);
        await soon();
        it.setTextTrack(index);
        // A seek meanwhile breaks its load off (dash.js 5.2, issue 5135).
        await soon();
        it.play();
      },
    });
  }
}
