import { useSignal } from "@preact/signals";
import { offer } from "../../files/save-target.ts";
import { ownedFile, ownedLink, readOwnedFile, readOwnedLink } from "../../saved/owned-transfer.ts";
import { addOwned, allOwned } from "../../saved/owned-videos.ts";
import { CopyField } from "../../ui/copy-field.tsx";

/** Takes what lets this browser manage its videos to another one, and takes up what another one gave. */
export function OtherDevices({ count }: { count: number }) {
  const said = useSignal("");
  const link = useSignal<string | null>(null);
  const videos = allOwned();
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    const given = readOwnedFile(await file.text().catch(() => ""));
    if (given === null) said.value = "That is no file with videos of such a page.";
    else adopt(given);
  };
  return (
    <details class="details">
      <summary>Manage them on another device, too</summary>
      <div class="form">
        <p>
          Videos belong to the browser that made them. A file or a link takes them along: whoever
          has it can change and delete them, so keep it to yourself.
        </p>
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
                Save as a file
              </button>
              <button
                type="button"
                class="button"
                onClick={() => {
                  link.value = ownedLink(location.origin, videos);
                  said.value = link.value === null ? "They are too many for a link." : "";
                }}
              >
                Show a link
              </button>
            </>
          )}
          <label class="button file-button">
            Take up a file
            <input
              type="file"
              class="visually-hidden"
              accept=".json,application/json"
              onChange={(event) => void take(event.currentTarget.files?.[0])}
            />
          </label>
        </div>
        {link.value !== null && <CopyField label="Link for your other device" text={link.value} />}
        <p class="hint" role="status">
          {said.value}
        </p>
      </div>
    </details>
  );
}

/** Asks whether to take up what the page's address brought; nothing where it brought nothing. */
export function GivenVideos({ given, onDone }: { given: Record<string, string>; onDone(): void }) {
  const count = Object.keys(given).length;
  const what = count === 1 ? "one video" : `${count} videos`;
  return (
    <section class="card" aria-labelledby="given-title">
      <h2 id="given-title" class="card-title">
        Manage {what} in this browser?
      </h2>
      <p>The link that you opened lets this browser change and delete them.</p>
      <div class="actions">
        <button type="button" class="button button-primary" onClick={() => adopt(given)}>
          Yes
        </button>
        <button type="button" class="button" onClick={onDone}>
          No
        </button>
      </div>
    </section>
  );
}

/** What the page was opened with, which is taken out of the address; null for nothing. */
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
