import { basename } from "node:path";
import type { Page } from "playwright";
import type { LadderRung } from "../../shared/plan/plan.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";

/**
 * Verdicts of the owner's tab on results made of another clip than the owner's. Runs in a page of the served app:
 * both clips go through the real ingest, and the results are made by the browser's real codecs.
 * @param shown the clip that the results are made of
 * @returns a verdict for each of the first `tasks` video tasks
 */
export async function comparedPictures(
  page: Page,
  { clip, shown, ladder, tasks }: ComparedClips,
): Promise<PictureVerdict[]> {
  const addresses = [clip, shown].map((file, index) => `/clip/${index}-${basename(file)}`);
  for (const [index, address] of addresses.entries()) {
    await page.route(`**${address}`, (route) => {
      return route.fulfill({ path: [clip, shown][index] ?? "" });
    });
  }
  const verdicts = await page.evaluate(
    async ({ addresses, ladder, tasks }) => {
      const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
        "/holder/ingest/source.ts",
      );
      const { WebCodecsEngine } = await load<
        typeof import("../../web/encoder/engines/webcodecs.ts")
      >("/encoder/engines/webcodecs.ts");
      const { comparePictures } = await load<
        typeof import("../../web/encoder/pictures/compare-pictures.ts")
      >("/encoder/pictures/compare-pictures.ts");
      const signal = new AbortController().signal;
      const open = async (address: string) => {
        const blob = await (await fetch(address)).blob();
        return openSource(new File([blob], address.slice(8)), { signal });
      };
      const own = await open(addresses[0] ?? "");
      const theirs = await open(addresses[1] ?? "");
      const { withBrowserSets } = await load<typeof import("../../web/encoder/browser-sets.ts")>(
        "/encoder/browser-sets.ts",
      );
      const plan = await withBrowserSets(own.planJob(ladder));
      const verdicts: PictureVerdict[] = [];
      for (const task of plan.tasks.filter(({ kind }) => kind === "video").slice(0, tasks)) {
        const segments = plan.segments.slice(
          task.firstSegment,
          task.firstSegment + task.segmentCount,
        );
        const renditions = plan.video.filter(({ id }) => task.renditions.includes(id));
        const grant = { task, segments, renditions, source: plan.source };
        const taskOf = async (source: typeof own) => {
          const { info, bytes } = await source.cutChunk(grant, signal);
          return { grant, info, chunk: new Uint8Array(bytes) };
        };
        const made = await new WebCodecsEngine().transcode(await taskOf(theirs), () => {});
        verdicts.push(await comparePictures(await taskOf(own), made.outputs, () => {}));
      }
      own.close();
      theirs.close();
      return verdicts;
    },
    { addresses, ladder: [...ladder], tasks },
  );
  for (const address of addresses) await page.unroute(`**${address}`);
  return verdicts;
}

export interface ComparedClips {
  /** Path of the owner's clip. */
  clip: string;
  /** Path of the clip that the results are made of. */
  shown: string;
  ladder: readonly LadderRung[];
  /** Number of video tasks to compare. */
  tasks: number;
}
