import { useSignal } from "@preact/signals";
import { offer } from "../../files/save-target.ts";
import { ownedFile, ownedLink, readOwnedFile, readOwnedLink } from "../../saved/owned-transfer.ts";
import { addOwned, allOwned } from "../../saved/owned-videos.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { t } from "../../words/words.ts";

/** Panel that passes the right to manage this browser's videos to another browser, or takes it from one. */
export function OtherDevices({ count }: { count: number }) {
  const said = useSignal("");
  const link = useSignal<string | null>(null);
  const videos = allOwned();
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    const given = readOwnedFile(await file.text().catch(() => ""));
    if (given === null) said.value = t("videos.thatIsNoFileWith");
    else adopt(given);
  };
  return (
    <details class="details">
      <summary>{t("videos.manageThemOnAnotherDevice")}</summary>
      <div class="form">
        <p>{t("videos.videosBelongToTheBrowser")}</p>
        <div class="actions">
          {count > 0 && (
            <>
              <button
                type="button"
                class="button"
                onClick={() =>
                  offer(new Blob([ownedFile(videos)], { type: "application/json" }), "videos.json")
                }
              >
                {t("videos.saveAsAFile")}
              </button>
              <button
                type="button"
                class="button"
                onClick={() => {
                  link.value = ownedLink(location.origin, videos);
                  said.value = link.value === null ? t("videos.theyAreTooManyFor") : "";
                }}
              >
                {t("videos.showALink")}
              </button>
            </>
          )}
          <label class="button file-button">
            {t("videos.takeUpAFile")}
            <input
              type="file"
              class="visually-hidden"
              accept=".json,application/json"
              onChange={(event) => void take(event.currentTarget.files?.[0])}
            />
          </label>
        </div>
        {link.value !== null && (
          <CopyField label={t("videos.linkForYourOtherDevice")} text={link.value} />
        )}
        <p class="hint" role="status">
          {said.value}
        </p>
      </div>
    </details>
  );
}

/** Asks whether to manage the videos in the page's address in this browser. */
export function GivenVideos({ given, onDone }: { given: Record<string, string>; onDone(): void }) {
  const count = Object.keys(given).length;
  return (
    <section class="card" aria-labelledby="given-title">
      <h2 id="given-title" class="card-title">
        {t("videos.manageInThisBrowser", { count })}
      </h2>
      <p>{t("videos.theLinkThatYouOpened")}</p>
      <div class="actions">
        <button type="button" class="button button-primary" onClick={() => adopt(given)}>
          {t("videos.yes")}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {t("videos.no")}
        </button>
      </div>
    </section>
  );
}

/** Reads owned videos from the page's address, and removes them there; null where it holds none. */
export function takeGivenVideos(): Record<string, string> | null {
  const given = readOwnedLink(location.hash);
  if (location.hash.startsWith("#owned=")) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return given;
}

function adopt(given: Record<string, string>): void {
  addOwned(given);
  location.reload();
}
