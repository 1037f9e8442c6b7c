/** The code that puts a video's player into another page. */
export interface Embed {
  /** Address of the embed page. */
  url: string;
  title: string;
  /** Size of the frame in CSS pixels. Responsive code uses only the ratio of width to height. */
  width: number;
  height: number;
}

/** @param options.responsive true: as wide as the element around it; false: of the given size */
export function embedCode(
  { url, title, width, height }: Embed,
  { responsive }: { responsive: boolean },
): string {
  const size = responsive
    ? `style="width:100%;aspect-ratio:${width}/${height};border:0"`
    : `width="${width}" height="${height}" style="border:0"`;
  return (
    `<iframe src="${attribute(url)}" title="${attribute(title)}" ${size} loading="lazy"` +
    ` allow="autoplay; fullscreen; picture-in-picture; encrypted-media" allowfullscreen></iframe>`
  );
}

function attribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
