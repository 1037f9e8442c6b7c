import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { WireError } from "../../../shared/job/errors.ts";
import type { VideoRendition } from "../../../shared/job/job.ts";
import { KNOWN_RUNGS, type LadderRung } from "../../../shared/plan/rungs.ts";
import { CloseIcon, PlusIcon } from "../../ui/icons.tsx";
import { t } from "../../words/words.ts";

interface Row {
  key: number;
  /** As typed. */
  side: string;
  rate: string;
}

/**
 * Editor for the quality levels. `onChange` gets each change and has it planned; the answer comes as `ladder` and
 * `video`, or as `error`. The typed values stay.
 */
export function LadderEditor({
  ladder,
  video,
  largestSide,
  error,
  onChange,
}: {
  ladder: readonly LadderRung[];
  /** Renditions of the accepted ladder. */
  video: readonly VideoRendition[];
  /** Pixels of the source's short side, since pictures are never scaled up. */
  largestSide: number;
  error: WireError | null;
  onChange(ladder: LadderRung[]): void;
}) {
  const nextKey = useRef(0);
  const rowOf = ({ shortSide, kilobitsPerSecond }: LadderRung): Row => {
    nextKey.current += 1;
    return { key: nextKey.current, side: String(shortSide), rate: String(kilobitsPerSecond) };
  };
  const suggested = useRef(ladder);
  const rows = useSignal<Row[]>([]);
  const typedError = useSignal<string | null>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  if (rows.value.length === 0) rows.value = ladder.map(rowOf);

  // Waits for a pause in typing, so that not each keystroke makes a plan.
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Takes a ladder that changed elsewhere, such as one in the page's address. A refused draft does not change `ladder`.
  const accepted = JSON.stringify(ladder);
  useEffect(() => {
    if (timer.current === undefined && !sameLadder(rows.value, ladder)) {
      rows.value = ladder.map(rowOf);
    }
  }, [accepted]);
  const propose = (next: Row[], afterMs: number) => {
    rows.value = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const typed = parseRows(next);
      typedError.value = typeof typed === "string" ? typed : null;
      if (typeof typed !== "string") onChange(typed);
    }, afterMs);
  };
  const edit = (key: number, change: Partial<Row>) =>
    propose(
      rows.value.map((row) => (row.key === key ? { ...row, ...change } : row)),
      350,
    );
  const remove = (key: number) => {
    propose(
      rows.value.filter((row) => row.key !== key),
      0,
    );
    addButton.current?.focus();
  };
  const add = () => propose([...rows.value, rowOf(nextRung(rows.value, largestSide))], 0);
  const restore = () => propose(suggested.current.map(rowOf), 0);

  const shown = typedError.value ?? error?.message ?? null;
  const changed = !sameLadder(rows.value, suggested.current);
  return (
    <fieldset class="ladder" aria-describedby="ladder-error">
      <legend>{t("upload.qualityLevels")}</legend>
      <ul class="ladder-rows">
        {rows.value.map((row, index) => {
          const size = outcome(row, video, largestSide);
          return (
            <li class="ladder-row" key={row.key}>
              <label class="unit-field">
                <span class="visually-hidden">{t("upload.levelHeight", { index: index + 1 })}</span>
                <input
                  type="number"
                  inputMode="numeric"
                  min={16}
                  max={4320}
                  step={2}
                  value={row.side}
                  aria-invalid={shown !== null}
                  onInput={(event) => edit(row.key, { side: event.currentTarget.value })}
                />
                <span aria-hidden="true">p</span>
              </label>
              <label class="unit-field">
                <span class="visually-hidden">
                  {t("upload.levelBitRateInKilobits", { index: index + 1 })}
                </span>
                <input
                  type="number"
                  inputMode="numeric"
                  min={20}
                  max={100_000}
                  step={10}
                  value={row.rate}
                  aria-invalid={shown !== null}
                  onInput={(event) => edit(row.key, { rate: event.currentTarget.value })}
                />
                <span aria-hidden="true">{t("upload.kbitS")}</span>
              </label>
              <span class="ladder-size">{size}</span>
              <button
                type="button"
                class="button button-icon"
                disabled={rows.value.length === 1}
                onClick={() => remove(row.key)}
              >
                <CloseIcon />
                <span class="visually-hidden">{t("upload.removeLevel", { index: index + 1 })}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="field-error" id="ladder-error" role="alert">
        {shown}
      </p>
      <div class="ladder-actions">
        <button
          ref={addButton}
          type="button"
          class="button button-quiet"
          disabled={rows.value.length >= 12}
          onClick={add}
        >
          <PlusIcon /> {t("upload.addALevel")}
        </button>
        {changed && (
          <button type="button" class="button button-quiet" onClick={restore}>
            {t("upload.backToTheSuggestion")}
          </button>
        )}
      </div>
    </fieldset>
  );
}

/** @returns the typed ladder, or a sentence where a typed value is not a number */
function parseRows(rows: readonly Row[]): LadderRung[] | string {
  const ladder: LadderRung[] = [];
  for (const { side, rate } of rows) {
    const rung = { shortSide: Number(side), kilobitsPerSecond: Number(rate) };
    if (
      side.trim() === "" ||
      rate.trim() === "" ||
      !Number.isInteger(rung.shortSide) ||
      !Number.isFinite(rung.kilobitsPerSecond)
    ) {
      return t("upload.everyLevelNeedsAHeight");
    }
    ladder.push(rung);
  }
  return ladder;
}

/** Suggests a level: the next known one below the smallest, or the best known one that is missing. */
function nextRung(rows: readonly Row[], largestSide: number): LadderRung {
  const sides = rows.map((row) => Number(row.side));
  const fitting = KNOWN_RUNGS.filter(
    ({ shortSide }) => shortSide <= largestSide && !sides.includes(shortSide),
  );
  const smallest = Math.min(...sides);
  return (
    fitting.find(({ shortSide }) => shortSide < smallest) ??
    fitting[0] ?? { shortSide: Math.max(16, Math.round(smallest / 4) * 2), kilobitsPerSecond: 100 }
  );
}

/** Text with the resulting size of a level; "" while it is not known. */
function outcome(row: Row, video: readonly VideoRendition[], largestSide: number): string {
  const made = video.find(
    ({ width, height, bitsPerSecond }) =>
      Math.abs(Math.min(width, height) - Number(row.side)) <= 1 &&
      Math.round(bitsPerSecond / 1000) === Number(row.rate),
  );
  if (made !== undefined) return `${made.width} × ${made.height}`;
  return Number(row.side) > largestSide ? t("upload.asLargeAsTheSource") : "";
}

function sameLadder(rows: readonly Row[], ladder: readonly LadderRung[]): boolean {
  return (
    rows.length === ladder.length &&
    rows.every(
      (row, index) =>
        Number(row.side) === ladder[index]?.shortSide &&
        Number(row.rate) === ladder[index]?.kilobitsPerSecond,
    )
  );
}
