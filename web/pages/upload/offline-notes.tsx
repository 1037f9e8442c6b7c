import { signal } from "@preact/signals";
import { newerVersion, reloadIntoNewerVersion } from "../../offline/newer-version.ts";
import { InfoIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";

const isOnline = signal(navigator.onLine);
addEventListener("online", () => {
  isOnline.value = true;
});
addEventListener("offline", () => {
  isOnline.value = false;
});

/** Notes: there is no network, or there is a newer version of the page. */
export function OfflineNotes() {
  return (
    <>
      {!isOnline.value && (
        <Note kind="info" icon={<InfoIcon />}>
          <p role="status">{t("upload.offline")}</p>
        </Note>
      )}
      {newerVersion.value !== null && (
        <Note kind="info" icon={<InfoIcon />}>
          <p role="status">{t("upload.newerVersion")}</p>
          <div class="actions">
            <button type="button" class="button" onClick={reloadIntoNewerVersion}>
              {t("ui.reloadThePage")}
            </button>
          </div>
        </Note>
      )}
    </>
  );
}
