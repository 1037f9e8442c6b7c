/** The code that puts a video's player into another page. */
export interface Embed {
  /** Address of the embed page. */
  url: string;
  title: string;
  /** Width and height of the frame, in CSS pixels; as a ratio where the code is responsive. */
  width: number;
  height: number;
}

/** @param options.responsive as wide as what it stands in, in place of a fixed size */
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
