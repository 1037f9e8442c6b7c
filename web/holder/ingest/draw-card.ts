import {
  CARD_HEIGHT,
  CARD_WIDTH,
  type CardContent,
} from "../../../shared/ingest/read/open-options.ts";
import { titleOfFile } from "../../../shared/wire/details.ts";

/** The site's colours (`ui/tokens.css`: accent-strong, screen, on-screen). */
const COLOURS = { ground: "#085857", shade: "#0b1010", text: "#ffffff", soft: "#c9d3d1" } as const;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const MARGIN = 96;
const MOST_LINES = 4;

/**
 * The picture for a file without video, as PNG: the file's cover, whole and in the middle. Without a cover it shows
 * the title and the artist on the site's colours.
 */
export async function drawCard({ cover, title, artist, fileName }: CardContent): Promise<Blob> {
  const canvas = new OffscreenCanvas(CARD_WIDTH, CARD_HEIGHT);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("There is no canvas.");
  // A cover that cannot be decoded counts as none.
  const image = cover === null ? null : await createImageBitmap(cover).catch(() => null);
  if (image === null) drawTitle(context, title ?? titleOfFile(fileName), artist);
  else {
    context.fillStyle = COLOURS.shade;
    context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT);
    const scale = Math.min(CARD_WIDTH / image.width, CARD_HEIGHT / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const [left, top] = [(CARD_WIDTH - width) / 2, (CARD_HEIGHT - height) / 2];
    context.drawImage(image, left, top, width, height);
    image.close();
  }
  return canvas.convertToBlob({ type: "image/png" });
}

function drawTitle(
  context: OffscreenCanvasRenderingContext2D,
  title: string,
  artist: string | null,
): void {
  // One plain colour: a gradient would show steps at low bit rates.
  context.fillStyle = COLOURS.ground;
  context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const { lines, size } = fitted(context, title);
  const lineHeight = size * 1.25;
  const below = artist === null ? 0 : 64;
  let y = (CARD_HEIGHT - below - (lines.length - 1) * lineHeight) / 2;
  context.fillStyle = COLOURS.text;
  for (const line of lines) {
    context.fillText(line, CARD_WIDTH / 2, y, CARD_WIDTH - MARGIN);
    y += lineHeight;
  }
  if (artist === null) return;
  context.font = `400 36px ${FONT}`;
  context.fillStyle = COLOURS.soft;
  context.fillText(artist, CARD_WIDTH / 2, y + 16, CARD_WIDTH - 2 * MARGIN);
}

/** Breaks the title into lines at the largest size that has room, and sets the font to that size. */
function fitted(
  context: OffscreenCanvasRenderingContext2D,
  title: string,
): { lines: string[]; size: number } {
  let lines: string[] = [];
  for (const size of [84, 68, 56, 44]) {
    context.font = `700 ${size}px ${FONT}`;
    lines = wrapped(context, title);
    if (lines.length <= MOST_LINES) return { lines, size };
  }
  const shown = lines.slice(0, MOST_LINES);
  return { lines: [...shown.slice(0, -1), `${shown.at(-1)}…`], size: 44 };
}

/** Breaks text into lines between words; long words and text without spaces are broken between characters. */
function wrapped(context: OffscreenCanvasRenderingContext2D, title: string): string[] {
  const width = CARD_WIDTH - 2 * MARGIN;
  const fits = (text: string) => context.measureText(text).width <= width;
  const lines: string[] = [];
  let line = "";
  for (const word of title.split(/(?<=\s)/)) {
    const parts = fits(word.trimEnd()) ? [word] : [...word];
    for (const part of parts) {
      if (line !== "" && !fits((line + part).trimEnd())) {
        lines.push(line.trim());
        line = "";
      }
      line += part;
    }
  }
  return [...lines, line.trim()].filter((each) => each !== "");
}
