import { t } from "../words/words.ts";
/** Button for a page that is older than the server: a reload brings the new version. */
export function ReloadButton() {
  return (
    <button type="button" class="button button-primary" onClick={() => location.reload()}>
      {t("ui.reloadThePage")}
    </button>
  );
}
