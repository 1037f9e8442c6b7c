import "./poster-frame.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Poster } from "../../shared/wire/pictures.ts";
import { authorized } from "./authorized.ts";
import { usePosterUrl } from "./poster-url.ts";

/**
 * A picture of a video: its poster. Without a poster, a still from the first segment of the smallest rendition, which
 * is fetched when the element comes into view.
 */
export function PosterFrame({
  masterUrl,
  ownerToken = null,
  poster = null,
}: {
  masterUrl: string;
  /** Null where there is no poster. */
  poster?: Poster | null;
  /** A private video needs it; null where this browser does not have it. */
  ownerToken?: string | null;
}) {
  const holder = useRef<HTMLSpanElement>(null);
  const source = useSignal<string | null>(null);
  const posterUrl = usePosterUrl(masterUrl, poster, ownerToken);
  const hasPoster = poster !== null;
  useEffect(() => {
    if (hasPoster) return;
    const ends = new AbortController();
    let url: string | null = null;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      const init = { ...authorized(ownerToken), signal: ends.signal };
      firstSegment(new URL(masterUrl, location.href), init)
        .then((blob) => {
          url = blob === null ? null : URL.createObjectURL(blob);
          source.value = url;
        })
        // The card also works without a picture.
        .catch(() => {});
    });
    if (holder.current !== null) observer.observe(holder.current);
    return () => {
      ends.abort();
      observer.disconnect();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [masterUrl, ownerToken, hasPoster, source]);
  return (
    <span ref={holder} class="poster-frame" aria-hidden="true">
      {posterUrl !== null && <img src={posterUrl} alt="" loading="lazy" />}
      {!hasPoster && source.value !== null && (
        // The frame at half a second, because many videos begin black.
        <video src={`${source.value}#t=0.5`} muted playsInline preload="auto" />
      )}
    </span>
  );
}

/** Init segment and first media segment of the smallest variant, which together are a small video. */
async function firstSegment(masterUrl: URL, init: RequestInit): Promise<Blob | null> {
  const master = await text(masterUrl, init);
  const variants = [
    ...master.matchAll(/#EXT-X-STREAM-INF:[^\n]*?BANDWIDTH=(\d+)[^\n]*\n([^\n]+)/g),
  ].map(([, bandwidth, uri = ""]) => ({ bandwidth: Number(bandwidth), uri }));
  const [smallest] = variants.sort((a, b) => a.bandwidth - b.bandwidth);
  if (smallest === undefined) return null;
  const mediaUrl = new URL(smallest.uri, masterUrl);
  const playlist = await text(mediaUrl, init);
  const initUri = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1];
  const first = playlist.split("\n").find((line) => line !== "" && !line.startsWith("#"));
  if (initUri === undefined || first === undefined) return null;
  const parts = await Promise.all(
    [initUri, first].map(async (uri) => {
      const response = await fetch(new URL(uri, mediaUrl), init);
      return response.arrayBuffer();
    }),
  );
  return new Blob(parts, { type: "video/mp4" });
}

async function text(url: URL, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  return response.ok ? response.text() : "";
}
