import "./files.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { scriptNotLoaded, toWireError, type WireError } from "../../shared/job/errors.ts";
import { masterIn } from "../../shared/playlist/folder.ts";
import type { FilesTrack, VideoFiles } from "../../shared/wire/files.ts";
import { InlineError } from "../ui/error-view.tsx";
import { formatBytes, formatPercent } from "../ui/format.ts";
import { t } from "../words/words.ts";
import { fileNameOf, openSaveTarget } from "./save-target.ts";

export interface DownloadPanelProps {
  title: string;
  masterUrl: string;
  ownerToken: string | null;
  /** Reads the list of the video's objects; rejects where it cannot be read. */
  read(): Promise<VideoFiles>;
}

interface Choice {
  label: string;
  name: string;
  type: string;
  /** An estimate. */
  sizeBytes: number;
  /** Null: a ZIP of the whole video. */
  track: FilesTrack | null;
}

/** Downloads of a finished video, whose files are made in this page without a server. */
export function DownloadPanel({ title, masterUrl, ownerToken, read }: DownloadPanelProps) {
  const files = useSignal<VideoFiles | null>(null);
  const choices = useSignal<Choice[] | null>(null);
  const making = useSignal<{ label: string; share: number } | null>(null);
  const done = useSignal<string | null>(null);
  const error = useSignal<WireError | null>(null);
  const abort = useRef(new AbortController());
  useEffect(() => {
    const look = async () => {
      try {
        const [found, { fileSizeOf, sizeOf }] = await Promise.all([read(), loaded()]);
        files.value = found;
        choices.value = choicesOf(found, title, {
          file: (track) => fileSizeOf(found, track),
          all: sizeOf(found),
        });
      } catch (thrown) {
        error.value = toWireError(thrown);
      }
    };
    void look();
    return () => abort.current.abort();
  }, []);
  const make = async ({ label, name, type, sizeBytes, track }: Choice) => {
    const found = files.value;
    if (found === null) return;
    error.value = null;
    done.value = null;
    abort.current = new AbortController();
    const { signal } = abort.current;
    try {
      const target = await openSaveTarget(name, { type, sizeBytes });
      if (target === null) return;
      making.value = { label, share: 0 };
      const { makeMp4, makeZip } = await loaded();
      const url = masterIn(new URL(masterUrl, location.href).href, found.folder);
      const options = {
        ...{ masterUrl: url, ownerToken, signal, files: found, target },
        onProgress: (share: number) => {
          making.value = { label, share };
        },
      };
      if (track === null) await makeZip(options, title);
      else await makeMp4(options, track);
      done.value = name;
    } catch (thrown) {
      if (!signal.aborted) error.value = toWireError(thrown);
    } finally {
      making.value = null;
    }
  };
  const current = making.value;
  return (
    <div class="downloads">
      {choices.value === null && error.value === null && <p role="status">{t("files.looking")}</p>}
      {choices.value !== null && current === null && (
        <ul class="downloads-list">
          {choices.value.map((choice) => (
            <li key={choice.label}>
              <button type="button" class="button" onClick={() => void make(choice)}>
                {choice.label}
              </button>
              <span class="hint">{t("files.about", { size: formatBytes(choice.sizeBytes) })}</span>
            </li>
          ))}
        </ul>
      )}
      {current !== null && (
        <div class="downloads-making">
          <p>
            {t("files.makingTheFileKeepThis", {
              label: current.label,
              share: formatPercent(current.share),
            })}
          </p>
          <progress class="bar" max={1} value={current.share} aria-label={t("files.madeSoFar")} />
          <button type="button" class="button" onClick={() => abort.current.abort()}>
            {t("files.stop")}
          </button>
        </div>
      )}
      <p class="hint" role="status">
        {done.value !== null && t("files.isSaved", { done: done.value })}
      </p>
      {error.value !== null && <InlineError error={error.value} />}
    </div>
  );
}

function choicesOf(
  { tracks }: VideoFiles,
  title: string,
  size: { file(track: FilesTrack): number; all: number },
): Choice[] {
  const videos = tracks.filter(({ kind }) => kind === "video");
  const sounds = tracks.filter(({ kind }) => kind === "audio");
  return [
    ...videos.map((track) => {
      const level = `${Math.min(track.width, track.height)}p`;
      const name = fileNameOf(title, `-${level}.mp4`);
      const type = "video/mp4";
      return { label: `MP4, ${level}`, name, type, sizeBytes: size.file(track), track };
    }),
    ...sounds.map((track) => {
      const which = sounds.length > 1 ? `, ${track.name}` : "";
      const name = fileNameOf(`${title}${which}`, ".m4a");
      const type = "audio/mp4";
      return {
        label: t("files.soundOnlyM4a", { which }),
        name,
        type,
        sizeBytes: size.file(track),
        track,
      };
    }),
    {
      label: t("files.everythingForAWebServer"),
      name: fileNameOf(title, ".zip"),
      type: "application/zip",
      sizeBytes: size.all,
      track: null,
    },
  ];
}

function loaded() {
  return import("./make-file.ts").catch((cause: unknown) => {
    throw scriptNotLoaded(cause);
  });
}
