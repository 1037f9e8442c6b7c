import { CARD_HEIGHT, CARD_WIDTH, type CardMaker } from "../../shared/ingest/read/open-options.ts";
import { STRANGERS_FILE } from "../../shared/ingest/remux/source-formats.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { titleOfFile } from "../../shared/wire/details.ts";
import type { Workspace } from "./workspace.ts";

/** The site's colours (`web/ui/tokens.css`: accent-strong, screen). */
const COLOURS = { ground: "0x085857", shade: "0x0b1010" } as const;
const SIZE = `${CARD_WIDTH}:${CARD_HEIGHT}`;
const LINE_CHARACTERS = 26;
const MOST_LINES = 4;
const COVER_FILE = "cover";
const TITLE_FILE = "title.txt";
const CARD_FILE = "card.mp4";

/** Encodes nearly losslessly, with the colour space that all players assume for a frame of this size. */
const ENCODE = [
  ...["-frames:v", "1", "-r", "25", "-c:v", "libx264", "-qp", "8", "-bf", "0"],
  ...["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"],
  ...["-map_metadata", "-1", "-y", "-f", "mp4", CARD_FILE],
];
const TO_VIDEO = "scale=in_range=full:out_range=tv:out_color_matrix=bt709,format=yuv420p";

/**
 * Makes the same card as a tab, with native ffmpeg. It shows the cover in the file, else the title on the site's
 * colours, or only the colours where this machine has no fonts.
 */
export function cardMakerIn(workspace: Workspace): CardMaker {
  return async ({ cover, title, fileName }, signal) => {
    const encode = async (argv: readonly string[]): Promise<Blob | null> => {
      const { exitCode } = await workspace.run("ffmpeg", ["-v", "error", ...argv, ...ENCODE], {
        signal,
      });
      return exitCode === 0 ? new Blob([await workspace.read(CARD_FILE)]) : null;
    };
    const fit = `scale=${SIZE}:force_original_aspect_ratio=decrease`;
    const pad = `pad=${SIZE}:(ow-iw)/2:(oh-ih)/2:color=${COLOURS.shade}`;
    if (cover !== null) {
      await workspace.write(COVER_FILE, await cover.arrayBuffer());
      const input = [...STRANGERS_FILE, "-i", COVER_FILE];
      const made = await encode([...input, "-vf", `${fit},format=rgb24,${pad},${TO_VIDEO}`]);
      if (made !== null) return made;
    }
    await workspace.write(
      TITLE_FILE,
      new TextEncoder().encode(linesOf(title ?? titleOfFile(fileName))),
    );
    const ground = [
      "-f",
      "lavfi",
      "-i",
      `color=c=${COLOURS.ground}:s=${SIZE.replace(":", "x")}:r=25`,
    ];
    const text = `drawtext=textfile=${TITLE_FILE}:expansion=none:fontcolor=white:fontsize=64:line_spacing=16:x=(w-tw)/2:y=(h-th)/2`;
    const made =
      (await encode([...ground, "-vf", `format=rgb24,${text},${TO_VIDEO}`])) ??
      (await encode([...ground, "-vf", `format=rgb24,${TO_VIDEO}`]));
    if (made === null) {
      throw new TributaryError("INTERNAL", "The picture for the sound could not be made.");
    }
    return made;
  };
}

function linesOf(title: string): string {
  const lines: string[] = [];
  for (const word of title.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LINE_CHARACTERS) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  const shown = lines.slice(0, MOST_LINES).join("\n");
  return lines.length > MOST_LINES ? `${shown}…` : shown;
}
