import type { BarsClip } from "../engines/webcodecs/colour-bars.ts";

/** @throws Error where the clip cannot be fetched */
export async function fetchBars({ file }: BarsClip): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(`/${file}`, self.location.origin));
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
