import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parseLadder } from "../../shared/plan/plan.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { comparedPictures } from "./picture-run.ts";

// Compares contributors' frames with the source's: honest ones pass, manipulated ones are detected.

/** A tenth of the usual rates or less, and the rates that the page proposes. */
const RATES = { starved: parseLadder("360:80,144:20"), usual: parseLadder("360:800,144:140") };
const SECONDS = 6;
const FRAMES = SECONDS * 25;

/** Filters that replace the clip's frames by false ones at the same times. */
const LIES = {
  "black pictures": "drawbox=t=fill:color=black",
  "a black picture each second": "drawbox=t=fill:color=black:enable='eq(mod(n,25),7)'",
  "its first picture, frozen": "loop=loop=-1:size=1:start=0",
  "each picture one late": "tpad=start=1:start_mode=clone",
  "each picture one early": "trim=start_frame=1,setpts=PTS-STARTPTS",
  "what comes three seconds later": "trim=start=3,setpts=PTS-STARTPTS",
};
/** Manipulations of the colour only, or of a small part of the frame. */
const SMALL_LIES = {
  "red letters in the chroma planes":
    "split[a][b];[b]drawtext=text=VOTE FOR ME:fontsize=h/4:x=w/20:y=h/3:fontcolor=red[c];" +
    "[a]extractplanes=y[y];[c]extractplanes=u+v[u][v];[y][u][v]mergeplanes=0x001020:yuv420p",
  "swapped chroma planes": "shuffleplanes=0:2:1",
  "grey pictures": "hue=s=0",
  "white letters of 28 of 360 rows":
    "drawtext=text=evil.example:fontsize=h*28/360:x=w/20:y=h/20:fontcolor=white",
  "letters in one picture":
    "drawtext=text=EVIL:fontsize=h/2:x=w/10:y=h/5:fontcolor=white:enable='eq(n,60)'",
};
const FROZEN_SECOND = "split[a][b];[a][b]freezeframes=first=60:last=85:replace=60";

/** An animation, handheld footage, and a bottle that hardly moves. */
const CLIPS = ["bbb480p30s.mp4", "footage480p5min.mp4", "noaudio-bottle.mp4"];
/** `npm run test:clips` also tests the starved rates. */
const isAll = process.env["TRIBUTARY_CLIPS"] === "all";
const isThere = CLIPS.every((name) => realClip(name) !== null);

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
  page = await openBlankPage(browser, inject("serverUrl"));
});
afterAll(() => browser?.close());

/** Six seconds of a clip, changed by a filter. */
function six(name: string, filter = "null"): Promise<string> {
  return generatedClip(`six-${name}`, [
    ...["-ss", "14", "-i", realClip(name) ?? "", "-an", "-vf", `fps=25,${filter}`],
    ...["-frames:v", String(FRAMES), "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"],
    ...["-g", "50", "-pix_fmt", "yuv420p"],
  ]);
}

async function verdicts(name: string, rates: keyof typeof RATES, filter?: string) {
  const clip = await six(name);
  const shown = await six(name, filter);
  return comparedPictures(page, { clip, shown, ladder: RATES[rates], tasks: 1 });
}

describe.skipIf(!isThere).each(CLIPS)("%s", (name) => {
  describe.each(isAll ? (["starved", "usual"] as const) : (["usual"] as const))(
    "at %s rates",
    (rates) => {
      test("its own pictures pass", async () => {
        const [verdict] = await verdicts(name, rates);
        // Chromium's encoder is not deterministic. At such a low rate, two runs may differ as much as two encoders.
        if (rates === "usual") expect(verdict).toBe("agrees");
        else expect(["agrees", "unsure"]).toContain(verdict);
      });

      test.each(Object.entries(LIES))("%s do not", async (kind, filter) => {
        const [verdict] = await verdicts(name, rates, filter);
        // At such a low rate, an honest encoder may drop frames, which looks like a shift.
        if (kind.includes("black") || rates === "usual") expect(verdict).toBe("lies");
        else expect(verdict).not.toBe("agrees");
      });
    },
  );
});

test.skipIf(!isThere).each(Object.entries(SMALL_LIES))(
  "%s do not pass at usual rates",
  async (_, filter) => {
    for (const name of CLIPS.slice(0, 2)) {
      expect(await verdicts(name, "usual", filter), name).not.toEqual(["agrees"]);
    }
  },
);

test.skipIf(!isThere)(
  "a second of six that is frozen does not pass where something moves",
  async () => {
    expect(await verdicts("footage480p5min.mp4", "usual", FROZEN_SECOND)).not.toEqual(["agrees"]);
  },
);
