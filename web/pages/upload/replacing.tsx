import { type Signal, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { Replaces } from "../../../shared/wire/api.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { EdgeClient } from "../../edge-client.ts";
import { ownerTokenOf } from "../../saved/owned-videos.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { InfoIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";

/** A video that a new one replaces, named by `/?replace=ID`. */
export interface Replaced extends Replaces {
  title: string;
  visibility: Visibility;
}

/** Keeps which video the next one replaces, and which one the present job replaces. */
export class Replacing {
  /** The video that the next one replaces; null: none. */
  readonly next: Signal<Replaced | null> = signal(null);
  /** The video that the one being made replaces; null: none. */
  readonly begun: Signal<Replaced | null> = signal(null);
  readonly problem: Signal<WireError | null> = signal(null);

  /** @param id of the video to replace, from the page's address; null for none */
  async open(client: Pick<EdgeClient, "video">, id: string | null): Promise<void> {
    if (id === null) return;
    const ownerToken = ownerTokenOf(id) ?? "";
    try {
      const { title, visibility } = await client.video(id, ownerToken);
      this.next.value = { id, ownerToken, title, visibility };
    } catch (thrown) {
      this.problem.value = toWireError(thrown);
    }
  }

  /** Moves `next` to `begun`; called when the new video's job has been created. */
  begin(): void {
    this.begun.value = this.next.value;
    this.next.value = null;
  }
}

const NEXT: Key = "upload.replace.next";
const BEGUN: Key = "upload.replace.begun";
const DONE: Key = "upload.replace.done";

/** Says which video is replaced, and what stays. */
export function ReplacingNote({
  replacing,
  isReady,
}: {
  replacing: Replacing;
  /** Whether the new video is ready. */
  isReady: boolean;
}) {
  const { next, begun, problem } = replacing;
  const replaced = next.value ?? begun.value;
  if (problem.value !== null) return <InlineError error={problem.value} />;
  if (replaced === null) return null;
  const { id, title } = replaced;
  const link = (inside: ComponentChild[]) => <a href={`/watch/${id}`}>{inside}</a>;
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p role="status">
        {rich(next.value !== null ? NEXT : isReady ? DONE : BEGUN, {
          title,
          link,
        })}
      </p>
      {next.value !== null && (
        <>
          <p class="hint">{t("upload.replace.stays")}</p>
          <div class="actions">
            <button
              type="button"
              class="button"
              onClick={() => {
                next.value = null;
              }}
            >
              {t("upload.replace.no")}
            </button>
          </div>
        </>
      )}
    </Note>
  );
}
