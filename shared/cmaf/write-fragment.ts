import { invalid } from "../isobmff/box.ts";
import { TRACK_ID } from "../isobmff/movie.ts";
import { box, concat, fullBox, u32, u64 } from "../isobmff/write.ts";
import {
  DEFAULT_BASE_IS_MOOF,
  NON_SYNC_FLAGS,
  type Sample,
  SYNC_FLAGS,
  TFHD,
  TRUN,
} from "./fragment.ts";

export interface FragmentToWrite {
  sequence: number;
  baseDecodeTicks: number;
  /** The first is a sync sample. */
  samples: readonly (Sample & { data: Uint8Array })[];
}

/** Writes one moof and its mdat; times are in ticks of the track. */
export function writeFragment({
  sequence,
  baseDecodeTicks,
  samples,
}: FragmentToWrite): Uint8Array<ArrayBuffer> {
  const [first] = samples;
  if (first === undefined) throw invalid("A fragment needs a sample.");
  const allSync = samples.every((sample) => sample.isSync);
  const firstSyncOnly = samples.every((sample, index) => sample.isSync === (index === 0));
  const ownFlags = !allSync && !firstSyncOnly;
  const oneDuration = samples.every((sample) => sample.durationTicks === first.durationTicks);
  const anyOffset = samples.some((sample) => sample.compositionOffsetTicks !== 0);
  const tfhd = fullBox(
    "tfhd",
    0,
    DEFAULT_BASE_IS_MOOF | TFHD.flags | (oneDuration ? TFHD.duration : 0),
    u32(TRACK_ID),
    oneDuration ? u32(first.durationTicks) : [],
    u32(allSync ? SYNC_FLAGS : NON_SYNC_FLAGS),
  );
  const tfdt = fullBox("tfdt", 1, 0, u64(baseDecodeTicks));
  const mfhd = fullBox("mfhd", 0, 0, u32(sequence));
  const trunFlags =
    TRUN.dataOffset |
    (allSync || ownFlags ? 0 : TRUN.firstFlags) |
    (oneDuration ? 0 : TRUN.duration) |
    TRUN.size |
    (ownFlags ? TRUN.flags : 0) |
    (anyOffset ? TRUN.offset : 0);
  const entries = samples.flatMap((sample) => [
    ...(oneDuration ? [] : u32(sample.durationTicks)),
    ...u32(sample.sizeBytes),
    ...(ownFlags ? u32(sample.isSync ? SYNC_FLAGS : NON_SYNC_FLAGS) : []),
    ...(anyOffset ? u32(sample.compositionOffsetTicks) : []),
  ]);
  const moofOf = (dataOffset: number): Uint8Array =>
    box(
      "moof",
      mfhd,
      box(
        "traf",
        tfhd,
        tfdt,
        fullBox(
          "trun",
          // Version 1 has signed offsets.
          samples.some((sample) => sample.compositionOffsetTicks < 0) ? 1 : 0,
          trunFlags,
          u32(samples.length),
          u32(dataOffset),
          allSync || ownFlags ? [] : u32(SYNC_FLAGS),
          entries,
        ),
      ),
    );
  const moof = moofOf(moofOf(0).length + 8);
  return concat([moof, box("mdat", ...samples.map((sample) => sample.data))]);
}
