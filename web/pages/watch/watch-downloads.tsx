import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Video } from "../../../shared/wire/api.ts";
import type { VideoFiles } from "../../../shared/wire/files.ts";
import { DownloadPanel } from "../../files/download-panel.tsx";
import { formatBytes } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** Requests that the page makes for downloads. */
export interface DownloadSource {
  video(): Promise<Video>;
  files(): Promise<VideoFiles>;
}

/** Downloads for viewers, where the owner offers them; empty where not, or where the video cannot be read. */
export function WatchDownloads({
  title,
  masterUrl,
  token,
  linkKey,
  source,
}: {
  title: string;
  masterUrl: string;
  /** Token sent with each request; null: none. */
  token: string | null;
  /** Key of the signed link with which a private video was opened; null: none. */
  linkKey: string | null;
  source: DownloadSource;
}) {
  const video = useSignal<Video | null>(null);
  const isOpen = useSignal(false);
  useEffect(() => {
    source.video().then(
      (found) => {
        video.value = found;
      },
      () => {},
    );
  }, []);
  const { downloads = false, original = null, originalForAll = true, id } = video.value ?? {};
  // Shows the original only where all viewers may have it; the owner of a private video finds it in "Your videos".
  const isReached = linkKey !== null || video.value?.visibility !== "private";
  const link = isReached && original !== null && originalForAll ? original : null;
  const query = linkKey === null ? "" : `?key=${linkKey}`;
  if (!downloads && link === null) return null;
  return (
    <details
      class="details card"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{t("files.download")}</summary>
      {isOpen.value && downloads && (
        <DownloadPanel
          title={title}
          masterUrl={masterUrl}
          ownerToken={token}
          read={() => source.files()}
        />
      )}
      {link !== null && (
        <p>
          <a href={`/api/videos/${id}/original${query}`} download>
            {t("files.original.link", { size: formatBytes(link.sizeBytes) })}
          </a>
        </p>
      )}
    </details>
  );
}
