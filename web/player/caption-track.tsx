import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Captions } from "../../shared/wire/captions.ts";
import { authorized } from "./authorized.ts";

/**
 * A caption track as an element of the video. Unlike tracks of a playlist, which is read once, it can come and go while
 * the video plays. The browser fetches its text when the track is shown. Elements cannot send a token, so with a token
 * our code fetches the text at once.
 */
export function CaptionTrack({
  track,
  label,
  masterUrl,
  ownerToken,
  isDefault,
}: {
  track: Captions;
  /** Label by which the viewer chooses the track; unique among the tracks. */
  label: string;
  masterUrl: string;
  ownerToken: string | null;
  isDefault: boolean;
}) {
  const address = new URL(`${track.id}/captions.vtt`, new URL(masterUrl, location.href)).href;
  const source = useSignal<string | null>(ownerToken === null ? address : null);
  useEffect(() => {
    if (ownerToken === null) return;
    const ends = new AbortController();
    let url: string | null = null;
    const load = async () => {
      const response = await fetch(address, { ...authorized(ownerToken), signal: ends.signal });
      if (!response.ok) return;
      url = URL.createObjectURL(await response.blob());
      source.value = url;
    };
    // A track that cannot be fetched is not offered.
    load().catch(() => {});
    return () => {
      ends.abort();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [address, ownerToken, source]);
  if (source.value === null) return null;
  return (
    <track
      kind="subtitles"
      src={source.value}
      label={label}
      srcLang={track.language}
      default={isDefault}
    />
  );
}
