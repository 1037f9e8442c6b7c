import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Poster } from "../../shared/wire/pictures.ts";
import { authorized } from "./authorized.ts";

/**
 * The address of a video's poster for an element of the page.
 * @param masterUrl address of the playlist in the poster's folder
 * @param ownerToken for a private video. Elements cannot send a token, so the picture is fetched first
 * @returns null where there is no poster, and until it is fetched
 */
export function usePosterUrl(
  masterUrl: string | null,
  poster: Poster | null,
  ownerToken: string | null,
): string | null {
  const savedAtMs = poster?.savedAtMs ?? null;
  const address =
    masterUrl === null || savedAtMs === null ? null : posterAddress(masterUrl, savedAtMs);
  const fetched = useSignal<string | null>(null);
  useEffect(() => {
    if (address === null || ownerToken === null) return;
    const ends = new AbortController();
    let url: string | null = null;
    const load = async () => {
      const response = await fetch(address, { ...authorized(ownerToken), signal: ends.signal });
      if (!response.ok) return;
      url = URL.createObjectURL(await response.blob());
      fetched.value = url;
    };
    // The video also works without a poster.
    load().catch(() => {});
    return () => {
      ends.abort();
      fetched.value = null;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [address, ownerToken, fetched]);
  return ownerToken === null ? address : fetched.value;
}

/** The poster's address. It holds the time of saving, because caches keep an older poster for a minute. */
function posterAddress(masterUrl: string, savedAtMs: number): string {
  const url = new URL("poster.jpg", new URL(masterUrl, location.href));
  url.searchParams.set("saved", String(savedAtMs));
  return url.href;
}
