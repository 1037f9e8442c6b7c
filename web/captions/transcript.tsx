import "./captions.css";
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Cue, plainText, readOwnWebvtt } from "../../shared/captions/webvtt.ts";
import type { Captions } from "../../shared/wire/captions.ts";
import { authorized } from "../player/authorized.ts";
import { formatClock, trackName } from "../ui/format.ts";
import { t } from "../words/words.ts";

/** The captions as text beside the player: to read, to search, and to jump to a line's time. */
export function Transcript({
  captions,
  masterUrl,
  ownerToken,
  video,
}: {
  /** At least one. */
  captions: readonly Captions[];
  masterUrl: string;
  /** A private video needs it; null where this browser does not have it. */
  ownerToken: string | null;
  video: HTMLVideoElement | null;
}) {
  const id = useId();
  const chosen = useSignal<string | null>(null);
  const search = useSignal("");
  const cues = useSignal<readonly Cue[]>([]);
  const failed = useSignal(false);
  const track =
    captions.find((each) => each.id === chosen.value) ??
    captions.find(({ isDefault }) => isDefault) ??
    captions[0];
  const trackId = track?.id ?? "";
  useEffect(() => {
    const ends = new AbortController();
    const address = new URL(`${trackId}/captions.vtt`, new URL(masterUrl, location.href));
    const load = async () => {
      const response = await fetch(address, { ...authorized(ownerToken), signal: ends.signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      cues.value = readOwnWebvtt(await response.text());
      failed.value = false;
    };
    load().catch(() => {
      if (ends.signal.aborted) return;
      cues.value = [];
      failed.value = true;
    });
    return () => ends.abort();
  }, [trackId, masterUrl, ownerToken, cues, failed]);

  const lines = useComputed(() =>
    cues.value.map(({ startMs, endMs, text }) => ({ startMs, endMs, text: plainText(text) })),
  );
  const found = useComputed(() => {
    const wanted = search.value.trim().toLocaleLowerCase();
    if (wanted === "") return lines.value;
    return lines.value.filter(({ text }) => text.toLocaleLowerCase().includes(wanted));
  });
  const nowMs = useSignal(-1);
  useEffect(() => {
    if (video === null) return;
    const follow = () => {
      nowMs.value = Math.round(video.currentTime * 1000);
    };
    video.addEventListener("timeupdate", follow);
    return () => video.removeEventListener("timeupdate", follow);
  }, [video, nowMs]);
  const spoken = useComputed(() => {
    const atMs = nowMs.value;
    return found.value.findLast(({ startMs, endMs }) => startMs <= atMs && atMs < endMs) ?? null;
  });
  const list = useRef<HTMLOListElement>(null);
  useSignalEffect(() => {
    // Scrolls only the list: the page must not move.
    const box = list.current;
    if (spoken.value === null || box === null || box.matches(":focus-within, :hover")) return;
    const line = box.querySelector<HTMLElement>(`[data-start="${spoken.value.startMs}"]`);
    if (line !== null) box.scrollTop = line.offsetTop - box.clientHeight / 3;
  });
  const count = found.value.length;
  return (
    <section class="card transcript" aria-labelledby={`${id}-title`}>
      <div class="transcript-head">
        <h2 id={`${id}-title`} class="card-title">
          {t("captions.transcript")}
        </h2>
        {captions.length > 1 && (
          <select
            aria-label={t("captions.languageOfTheTranscript")}
            value={trackId}
            onChange={(event) => {
              chosen.value = event.currentTarget.value;
            }}
          >
            {captions.map((each) => (
              <option key={each.id} value={each.id}>
                {trackName(each.name, each.language, t("captions.subtitles"))}
              </option>
            ))}
          </select>
        )}
      </div>
      <input
        type="search"
        class="transcript-search"
        aria-label={t("captions.searchInTheTranscript")}
        placeholder={t("captions.search")}
        value={search.value}
        onInput={(event) => {
          search.value = event.currentTarget.value;
        }}
      />
      {failed.value && <p role="alert">{t("captions.theTranscriptCouldNotBe")}</p>}
      <p class="hint" role="status">
        {search.value.trim() === "" ? "" : t("captions.lines", { count })}
      </p>
      <ol class="transcript-lines" lang={track?.language} ref={list}>
        {found.value.map((line, index) => (
          <li key={`${line.startMs}-${index}`} data-start={line.startMs}>
            <button
              type="button"
              class={line === spoken.value ? "transcript-line is-spoken" : "transcript-line"}
              aria-current={line === spoken.value ? "true" : undefined}
              onClick={() => {
                if (video !== null) video.currentTime = line.startMs / 1000;
              }}
            >
              <span class="transcript-time">{formatClock(line.startMs / 1000)}</span>
              <span>{line.text}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
