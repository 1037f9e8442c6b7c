import { useSignal } from "@preact/signals";
import type { WireError } from "../../../shared/job/errors.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import { MOST_TITLE_CHARACTERS, titleOfFile } from "../../../shared/wire/details.ts";
import { DEFAULT_VISIBILITY, type Visibility } from "../../../shared/wire/visibility.ts";
import type { InspectedState, OwnerOptions } from "../../owner/owner-api.ts";
import { TITLE_HINT } from "../../ui/details-form.tsx";
import { InlineError } from "../../ui/error-view.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { formatBitrate, formatBytes, formatCount, languageName } from "../../ui/format.ts";
import { VisibilityChoice } from "../../ui/visibility-choice.tsx";
import { DeviceNote } from "./device-note.tsx";
import { LadderEditor } from "./ladder-editor.tsx";
import { PictureChoice } from "./picture-choice.tsx";
import { FoundFacts } from "./source-facts.tsx";
import type { PendingAction } from "./upload-session.ts";

/** Before the work begins: what was found, what will be made, and the button. */
export function InspectedView({
  state,
  problem,
  pending,
  onLadder,
  onEngine,
  onServers,
  onStart,
  onDiscard,
}: {
  state: InspectedState;
  problem: WireError | null;
  pending: PendingAction;
  onLadder(ladder: LadderRung[]): void;
  onEngine(engine: NonNullable<OwnerOptions["engine"]>): void;
  onServers(use: boolean): void;
  onStart(visibility: Visibility, title: string): void;
  onDiscard(): void;
}) {
  const { inspection } = state;
  const visibility = useSignal(DEFAULT_VISIBILITY);
  const { source, audio, video, ladder } = inspection;
  const fileTitle = titleOfFile(source.name);
  const title = useSignal(fileTitle);
  const error = problem ?? state.error;
  const ladderError = error !== null && LADDER_CODES.includes(error.code) ? error : null;
  const largestSide = Math.min(source.video.displayWidth, source.video.displayHeight);
  return (
    <>
      <h1>Ready to start</h1>
      <div class="two-columns">
        <FoundFacts inspection={inspection} />
        <section class="card" aria-labelledby="made-title">
          <h2 id="made-title" class="card-title">
            What will be made
          </h2>
          <LadderEditor
            key={source.fingerprint}
            ladder={ladder}
            video={video}
            largestSide={largestSide}
            error={ladderError}
            onChange={onLadder}
          />
          <dl class="facts facts-narrow">
            <div class="fact fact-wide">
              <dt>Picture</dt>
              <PictureChoice
                inspection={inspection}
                disabled={pending !== null}
                onEngine={onEngine}
              />
            </div>
            {audio.length > 0 && (
              <div class="fact">
                <dt>Sound</dt>
                {audio.map((track) => (
                  <dd key={track.id}>
                    {[languageName(track.language), `AAC ${formatBitrate(track.bitsPerSecond)}`]
                      .filter(Boolean)
                      .join(", ")}
                  </dd>
                ))}
              </div>
            )}
            <div class="fact">
              <dt>Work</dt>
              <dd>
                {formatCount(inspection.segmentCount, "segment")} in{" "}
                {formatCount(inspection.taskCount, "task")}
              </dd>
            </div>
            <div class="fact">
              <dt>Upload</dt>
              <dd>
                about {formatBytes(inspection.estimatedBytes)}, from a file of{" "}
                {formatBytes(inspection.source.sizeBytes)}
              </dd>
            </div>
          </dl>
          <FormField label="Title" hint={title.value === fileTitle ? FILE_TITLE_HINT : TITLE_HINT}>
            {(props) => (
              <input
                {...props}
                type="text"
                maxLength={MOST_TITLE_CHARACTERS}
                value={title.value}
                disabled={pending === "start"}
                onInput={(event) => {
                  title.value = event.currentTarget.value;
                }}
              />
            )}
          </FormField>
          <VisibilityChoice
            visibility={visibility.value}
            disabled={pending !== null}
            onChange={(chosen) => {
              visibility.value = chosen;
            }}
          />
          <DeviceNote decision={state.part} onServers={onServers} />
          {error !== null && ladderError === null && <InlineError error={error} />}
          <div class="actions">
            <button
              type="button"
              class="button button-primary button-large"
              disabled={ladderError !== null || pending !== null}
              onClick={() =>
                onStart(visibility.value, title.value === fileTitle ? "" : title.value)
              }
            >
              {pending === "start" ? "Starting…" : "Start"}
            </button>
            <button type="button" class="button" disabled={pending === "start"} onClick={onDiscard}>
              Another file
            </button>
          </div>
        </section>
      </div>
    </>
  );
}

const FILE_TITLE_HINT =
  "Others see this title. It is your file's name until you write another one.";
const LADDER_CODES: readonly string[] = ["LADDER_INVALID", "PLAN_INVALID"];
