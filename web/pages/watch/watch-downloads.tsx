import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Video } from "../../../shared/wire/api.ts";
import type { VideoFiles } from "../../../shared/wire/files.ts";
import { DownloadPanel } from "../../files/download-panel.tsx";
import { formatBytes } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** What the page asks of the site for downloads. */
export interface DownloadSource {
  video(): Promise<Video>;
  files(): Promise<VideoFiles>;
}

/** Files for viewers, where the owner offers them; nothing where not, or where that cannot be known. */
export function WatchDownloads({
  title,
  masterUrl,
  token,
  linkKey,
  source,
}: {
  title: string;
  masterUrl: string;
  /** With every request; null: as anybody. */
  token: string | null;
  /** The page's own signed link to a private video; null: it was opened without. */
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
  // Strangers are told only of an original that is for them; the owner of a private video has it on "Your videos".
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
