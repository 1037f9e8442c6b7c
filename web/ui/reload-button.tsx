import { t } from "../words/words.ts";
/** For a page that is older than the server: the new version comes with a reload. */
export function ReloadButton() {
  return (
    <button type="button" class="button button-primary" onClick={() => location.reload()}>
      {t("ui.reloadThePage")}
    </button>
  );
}
