import fc from "fast-check";
import { createFile, MP4BoxBuffer } from "mp4box";
import { beforeAll, describe, expect, test } from "vitest";
import { checkInit, checkMedia, type MediaFacts } from "../../shared/cmaf/check.ts";
import { readBoxes } from "../../shared/isobmff/box.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  expandDurations,
  type Segment,
  segmentFrames,
  type VideoRendition,
} from "../../shared/job/job.ts";
import { nativeTranscode } from "../encode/native.ts";
import {
  type CheckedMedia,
  type CheckedRendition,
  makeWholeJob,
  type WholeJob,
  wholeFile,
} from "../encode/whole-job.ts";
import { fixture } from "../setup/media.ts";

const LADDER = [
  { shortSide: 144, kilobitsPerSecond: 120 },
  { shortSide: 90, kilobitsPerSecond: 60 },
];

/** A job with even frame durations and audio, and one with uneven frame durations. */
let jobs: Record<"even" | "uneven", WholeJob>;

beforeAll(async () => {
  jobs = {
    even: await makeWholeJob(await fixture("plain-8s.mp4"), LADDER, nativeTranscode),
    uneven: await makeWholeJob(await fixture("vfr-8s.mp4"), LADDER, nativeTranscode),
  };
}, 120_000);

describe.each(["even", "uneven"] as const)("outputs of %s frames", (name) => {
  test("have the planned samples, and one init for all tasks", () => {
    const { plan, renditions } = jobs[name];
    expect(renditions.map(({ rendition }) => rendition.kind)).toEqual(
      name === "even" ? ["video", "video", "audio"] : ["video", "video"],
    );
    for (const { rendition, inits, media } of renditions) {
      expect(media).toHaveLength(plan.segments.length);
      expect(new Set(inits.map((init) => Buffer.from(init).toString("hex"))).size).toBe(1);
      if (rendition.kind === "audio") continue;
      expect(media.map(({ facts }) => facts.frames)).toEqual(plan.segments.map(segmentFrames));
    }
  });

  test("are read by mp4box with the planned times", () => {
    const { plan, renditions } = jobs[name];
    for (const rendition of renditions.filter((one) => one.rendition.kind === "video")) {
      const samples = mp4boxSamples(rendition);
      const shown = samples.map(({ cts }) => cts).sort((a, b) => a - b);
      expect(shown).toEqual(plannedTicks(plan.segments));
      expect(samples.map(({ dts }) => dts)).toEqual(
        [...samples.map(({ dts }) => dts)].sort((a, b) => a - b),
      );
      const sync = samples.filter(({ is_sync }) => is_sync).map(({ cts }) => cts);
      expect(sync).toEqual(keyTicks(rendition));
    }
  });

  test("name their fragments' bytes: each range is a moof and an mdat, and begins with its key frame", () => {
    for (const { media, rendition } of jobs[name].renditions) {
      for (const { bytes, facts } of media) {
        let at = 0;
        for (const { offsetBytes, sizeBytes, keyFrameBytes } of facts.fragments) {
          expect(offsetBytes).toBe(at);
          const boxes = readBoxes(bytes, at, at + sizeBytes).map(({ type }) => type);
          expect(boxes).toEqual(["moof", "mdat"]);
          if (rendition.kind === "video") expect(keyFrameBytes).toBeLessThanOrEqual(sizeBytes);
          at += sizeBytes;
        }
        expect(at).toBe(bytes.length);
      }
    }
  });
});

describe("the gate refuses", () => {
  test("a segment in another's place, another rendition's init, a part of a segment", () => {
    const [large, small] = videoRenditions();
    // `first` has several fragments, unlike the short segment at the start of a video.
    const [short, first] = large.media;
    if (short === undefined || first === undefined) throw new Error("two segments are needed");
    const swapped = { ...short, segment: first.segment };
    expect(codeOf(() => recheck(large, swapped))).toMatch(/OUTPUT_INVALID|FRAME_COUNT_WRONG/);
    expect(codeOf(() => checkInit(small.inits[0] ?? new Uint8Array(), large.rendition))).toBe(
      "OUTPUT_INVALID",
    );
    const fragment = first.facts.fragments[0];
    const half = { ...first, bytes: first.bytes.subarray(0, fragment?.sizeBytes) };
    expect(codeOf(() => recheck(large, half))).toBe("FRAME_COUNT_WRONG");
    const twice = { ...first, bytes: Buffer.concat([first.bytes, first.bytes]) };
    expect(codeOf(() => recheck(large, twice))).toBe("OUTPUT_INVALID");
  });

  test("a level above the plan's, and one too low for the picture; one between passes", () => {
    const [large] = videoRenditions();
    const init = large.inits[0] ?? new Uint8Array();
    // Without parameter sets the plan does not fix every byte of the init segment.
    const { parameterSets: _, ...rendition } = large.rendition as VideoRendition;
    const { level } = rendition;
    const said = (claimed: number) => {
      const bytes = init.slice();
      const at = Buffer.from(init).indexOf(Buffer.from([1, 100, 0, level, 0xff, 0xe1]));
      // The level stands in the decoder configuration record, and again in the SPS in it.
      for (const offset of [3, 11]) bytes[at + offset] = claimed;
      return codeOf(() => checkInit(bytes, rendition));
    };
    expect(said(level)).toBeNull();
    expect([level, said(11), said(10), said(level + 1)]).toEqual([
      12,
      null,
      "OUTPUT_INVALID",
      "OUTPUT_INVALID",
    ]);
  });

  test("pictures shown at other times, a shifted start, a key frame that is none", () => {
    const [large] = videoRenditions();
    const first = large.media[0];
    if (first === undefined) throw new Error("a segment is needed");
    const { moof, tfdt, trun, mdat } = offsets(first.bytes);
    const changed = (at: number, value: number): CheckedMedia => {
      const bytes = first.bytes.slice();
      bytes[at] = value;
      return { ...first, bytes };
    };
    expect(moof).toBe(0);
    // Last byte of the decode time, of the last composition offset, and the first slice's type.
    expect(codeOf(() => recheck(large, changed(tfdt + 19, 1)))).toBe("OUTPUT_INVALID");
    expect(
      codeOf(() => recheck(large, changed(trun.end - 1, (first.bytes[trun.end - 1] ?? 0) ^ 1))),
    ).toBe("OUTPUT_INVALID");
    expect(codeOf(() => recheck(large, changed(mdat + 8 + 4, 0x41)))).toBe("OUTPUT_INVALID");
  });

  test("claims that would cost memory or time", () => {
    const [large] = videoRenditions();
    const first = large.media[0];
    if (first === undefined) throw new Error("a segment is needed");
    const { trun } = offsets(first.bytes);
    const billions = first.bytes.slice();
    new DataView(billions.buffer).setUint32(trun.start + 12, 0xffff_ffff);
    expect(codeOf(() => recheck(large, { ...first, bytes: billions }))).toBe("OUTPUT_INVALID");
    const crumbs = new Uint8Array(8_000_000);
    for (let at = 0; at < crumbs.length; at += 8) crumbs[at + 3] = 8;
    const startedMs = performance.now();
    expect(codeOf(() => recheck(large, { ...first, bytes: crumbs }))).toBe("OUTPUT_INVALID");
    expect(codeOf(() => checkInit(crumbs, large.rendition))).toBe("OUTPUT_INVALID");
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test("or lets pass, but never breaks: any damage ends in one of its codes or in the planned facts", () => {
    const targets = Object.values(jobs).flatMap(({ renditions }) =>
      renditions.flatMap((rendition) =>
        rendition.media.slice(0, 1).map((media) => ({ rendition, media })),
      ),
    );
    fc.assert(
      fc.property(
        fc.nat({ max: targets.length - 1 }),
        fc.boolean(),
        damage(),
        (nth, hitInit, harm) => {
          const target = targets[nth];
          if (target === undefined) return;
          const { rendition, media } = target;
          const init = hitInit ? harm(rendition.inits[0] ?? new Uint8Array()) : rendition.inits[0];
          const bytes = hitInit ? media.bytes : harm(media.bytes);
          const judged = judge(() => {
            const facts = checkInit(init ?? new Uint8Array(), rendition.rendition);
            return checkMedia({ ...media, media: bytes, init: facts });
          });
          if (typeof judged === "string") {
            const codes = ["OUTPUT_INVALID", "FRAME_COUNT_WRONG", "INIT_MISMATCH"];
            expect(codes).toContain(judged);
          } else {
            expect({ frames: judged.frames, durationTicks: judged.durationTicks }).toEqual({
              frames: media.facts.frames,
              durationTicks: media.facts.durationTicks,
            });
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

/** Overwrites, cuts off, leaves out or repeats bytes. Mostly near the start, where the boxes are. */
function damage(): fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> {
  const place = fc.oneof(fc.nat({ max: 1_500 }), fc.nat());
  const overwrite = fc
    .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([at, patch]) => (bytes: Uint8Array) => {
      const copy = bytes.slice();
      copy.set(patch.subarray(0, copy.length - (at % copy.length)), at % copy.length);
      return copy;
    });
  const cut = place.map((at) => (bytes: Uint8Array) => bytes.slice(0, at % bytes.length));
  const splice = fc
    .tuple(place, fc.nat({ max: 64 }), fc.boolean())
    .map(([at, count, isDoubled]) => (bytes: Uint8Array) => {
      const from = at % bytes.length;
      const piece = bytes.subarray(from, from + count);
      const rest = bytes.subarray(isDoubled ? from : from + count);
      return Buffer.concat([bytes.subarray(0, from), isDoubled ? piece : new Uint8Array(), rest]);
    });
  return fc.oneof(overwrite, cut, splice);
}

function videoRenditions(): [CheckedRendition, CheckedRendition] {
  const [large, small] = jobs.even.renditions;
  if (large === undefined || small === undefined) throw new Error("two renditions are needed");
  return [large, small];
}

function recheck({ init }: CheckedRendition, media: CheckedMedia): MediaFacts {
  return checkMedia({ ...media, media: media.bytes, init });
}

function codeOf(run: () => unknown): string | null {
  const judged = judge(run);
  return typeof judged === "string" ? judged : null;
}

/** The result, or the code of a TributaryError. Other errors are thrown on. */
function judge<T>(run: () => T): T | string {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof TributaryError) return thrown.code;
    throw thrown;
  }
}

/** Where the boxes of the first fragment lie. */
function offsets(bytes: Uint8Array): {
  moof: number;
  tfdt: number;
  trun: { start: number; end: number };
  mdat: number;
} {
  const [moof, mdat] = readBoxes(bytes);
  const traf = readBoxes(bytes, (moof?.start ?? 0) + 8, moof?.end).find(
    ({ type }) => type === "traf",
  );
  const inside = readBoxes(bytes, (traf?.start ?? 0) + 8, traf?.end);
  const tfdt = inside.find(({ type }) => type === "tfdt");
  const trun = inside.find(({ type }) => type === "trun");
  if (moof === undefined || mdat === undefined || tfdt === undefined || trun === undefined) {
    throw new Error("not a fragment");
  }
  return { moof: moof.start, tfdt: tfdt.start, trun, mdat: mdat.start };
}

function plannedTicks(segments: readonly Segment[]): number[] {
  return segments.flatMap((segment) => {
    let atTicks = segment.startTicks;
    return expandDurations(segment.durations).map((durationTicks) => {
      atTicks += durationTicks;
      return atTicks - durationTicks;
    });
  });
}

/** Start ticks of all fragments. Each begins with a planned key frame. */
function keyTicks({ media }: CheckedRendition): number[] {
  return media.flatMap(({ segment, facts }) => {
    let atTicks = segment.startTicks;
    return facts.fragments.map(({ durationTicks }) => {
      atTicks += durationTicks;
      return atTicks - durationTicks;
    });
  });
}

function mp4boxSamples(
  rendition: CheckedRendition,
): { cts: number; dts: number; is_sync: boolean }[] {
  const bytes = new Uint8Array(wholeFile(rendition));
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.buffer, 0));
  file.flush();
  const track = file.getInfo().tracks[0];
  if (track === undefined) throw new Error("mp4box finds no track");
  return file.getTrackSamplesInfo(track.id).map(({ cts, dts, is_sync }) => ({ cts, dts, is_sync }));
}
