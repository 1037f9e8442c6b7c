import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Poster } from "../../shared/wire/pictures.ts";
import { authorized } from "./authorized.ts";

/**
 * The address of a video's poster for an element of the page.
 * @param masterUrl the poster lies beside it
 * @param ownerToken of a private video: elements cannot send it, so the picture is fetched
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
    // Without a picture the video is as good.
    load().catch(() => {});
    return () => {
      ends.abort();
      fetched.value = null;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [address, ownerToken, fetched]);
  return ownerToken === null ? address : fetched.value;
}

/** Another one has another address: caches keep it for a minute. */
function posterAddress(masterUrl: string, savedAtMs: number): string {
  const url = new URL("poster.jpg", new URL(masterUrl, location.href));
  url.searchParams.set("saved", String(savedAtMs));
  return url.href;
}
