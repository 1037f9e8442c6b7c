import type { Browser } from "playwright";
import type { OwnerTab } from "../../../web/headless/owner-tab.ts";
import { type MakeOptions, makeVideo } from "../../e2e/made-video.ts";
import { changeTasks, leaveTheRestToServers } from "../../e2e/owner-script.ts";
import { sourceFrameTimes } from "../../exactness/decoded-frames.ts";
import { fixture, realClip } from "../../setup/media.ts";

/** Videos that the players are tested with. Each is made by the real page in Chromium. */
export const OUTPUTS = [
  "ffmpeg",
  "webcodecs",
  "server",
  "mixture",
  "vfr-drop",
  "rotated",
  "EVENT while running",
] as const;
export type OutputName = (typeof OUTPUTS)[number];

/**
 * Segments listed before a player starts on an unfinished video. Later ones are made faster than they are played,
 * so it never has to wait.
 */
const AHEAD_SEGMENTS = 3;

export interface PlayedOutput extends AsyncDisposable {
  masterUrl: string;
  /** Null while the video is being made. */
  manifestUrl: string | null;
  /** Times of the source's frames, in seconds from its first frame. */
  frameTimes: number[];
  durationSeconds: number;
}

/** @returns null where the clip is not on this machine */
export async function makeOutput(
  browser: Browser,
  serverUrl: string,
  name: OutputName,
): Promise<PlayedOutput | null> {
  const clips = { "vfr-drop": "vfr-drop.mp4", rotated: "rotated90.mp4" } as const;
  const clip = name in clips ? clips[name as keyof typeof clips] : null;
  // Long enough for several engines to take part, and to be watched while it is made.
  const isLong = name === "mixture" || name === "EVENT while running";
  const file =
    clip === null ? await fixture(isLong ? "long-gop-20s.mp4" : "plain-8s.mp4") : realClip(clip);
  if (file === null) return null;
  const how: Partial<MakeOptions> = {
    ffmpeg: {},
    webcodecs: { engine: "webcodecs" as const },
    server: { engine: "server" as const },
    mixture: {
      engine: "auto" as const,
      slots: 1,
      prepare: leaveTheRestToServers,
      meddle: ({ page }: OwnerTab) => page.getByLabel("Use this site's servers").check(),
    },
    "vfr-drop": {},
    rotated: {},
    "EVENT while running": {
      slots: 1,
      prepare: (tab: OwnerTab) =>
        changeTasks(tab, ({ task }) => (task.firstSegment > 0 ? 2_000 : 0)),
    },
  }[name];
  const options: MakeOptions = { serverUrl, file, ladder: "240:350", ...how };
  const times = await sourceFrameTimes(file);
  const frameTimes = times.map((time) => time - (times[0] ?? 0));
  if (name !== "EVENT while running") {
    const video = await makeVideo(browser, options);
    const { masterUrl, jobId } = video.job;
    return {
      ...{ masterUrl, frameTimes, durationSeconds: video.status.durationTicks / 90_000 },
      manifestUrl: new URL(`/v/${jobId}/manifest.mpd`, masterUrl).href,
      [Symbol.asyncDispose]: () => video[Symbol.asyncDispose](),
    };
  }
  let begun: (masterUrl: string) => void = () => {};
  const playable = new Promise<string>((resolve) => {
    begun = resolve;
  });
  const made = makeVideo(browser, {
    ...options,
    async meddle(_, { masterUrl }) {
      while ((await listedSegments(masterUrl)) < AHEAD_SEGMENTS) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      begun(masterUrl);
    },
  });
  // A failure before anything is playable ends the wait, too.
  const masterUrl = await Promise.race([playable, made.then(({ job }) => job.masterUrl)]);
  return {
    ...{ masterUrl, manifestUrl: null, frameTimes },
    durationSeconds: (times.at(-1) ?? 0) - (times[0] ?? 0),
    [Symbol.asyncDispose]: async () => (await made)[Symbol.asyncDispose](),
  };
}

/** Number of segments in the shortest playlist of a video; 0 before there is any. */
async function listedSegments(masterUrl: string): Promise<number> {
  const linesOf = async (url: string) => {
    const response = await fetch(url);
    return response.ok ? (await response.text()).split("\n") : [];
  };
  const playlists = (await linesOf(masterUrl)).flatMap((line) => {
    const uri = line.startsWith("#EXT-X-MEDIA") ? /URI="([^"]+)"/.exec(line)?.[1] : line;
    return uri === undefined || uri === "" || uri.startsWith("#") ? [] : [uri];
  });
  const counts = await Promise.all(
    playlists.map(async (uri) => {
      const lines = await linesOf(new URL(uri, masterUrl).href);
      return lines.filter((line) => line.startsWith("#EXTINF")).length;
    }),
  );
  return counts.length === 0 ? 0 : Math.min(...counts);
}
