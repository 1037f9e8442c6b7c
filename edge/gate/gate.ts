import { WorkerEntrypoint } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { checkInit, checkMedia, type InitFacts } from "../../shared/cmaf/check.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { outputKey } from "../../shared/job/object-keys.ts";
import type { Output } from "../../shared/wire/lease.ts";
import type { CheckedSegment, GateRequest, GateVerdict } from "./verdict.ts";

/** Held in memory at once: an isolate has 128 MB. */
const BATCH_BYTES = 32 * 1024 * 1024;

/**
 * Reads what a holder uploaded and says whether it is what the plan asks for. Stateless, so that the
 * coordinator's one thread only decides, and gates of many jobs run side by side.
 */
export class Gate extends WorkerEntrypoint<Cloudflare.Env> {
  async check(request: GateRequest): Promise<GateVerdict> {
    try {
      return { verdict: "passed", segments: await this.#check(request) };
    } catch (thrown) {
      const { code, message } = toWireError(thrown);
      // Only what was said about the outputs counts against them; storage may have had a bad moment.
      return thrown instanceof TributaryError
        ? { verdict: "refused", code, message }
        : { verdict: "unknown", message };
    }
  }

  async #check({ jobId, outputs, renditions, segments }: GateRequest): Promise<CheckedSegment[]> {
    const inits = new Map<string, InitFacts>();
    const initOutputs = outputs.filter(({ kind }) => kind === "init");
    await Promise.all(
      initOutputs.map(async (output) => {
        const rendition = renditions.find(({ id }) => id === output.rendition);
        if (rendition === undefined) throw unplanned(output);
        inits.set(output.rendition, checkInit(await this.#read(jobId, output), rendition));
      }),
    );
    const checked: CheckedSegment[] = [];
    for (const batch of batches(outputs.filter(({ kind }) => kind === "media"))) {
      const results = await Promise.all(
        batch.map(async (output) => {
          const rendition = renditions.find(({ id }) => id === output.rendition);
          const segment = segments.find(({ index }) => index === output.segment);
          const init = inits.get(output.rendition);
          if (rendition === undefined || segment === undefined || init === undefined) {
            throw unplanned(output);
          }
          const media = await this.#read(jobId, output);
          const facts = checkMedia({ media, init, rendition, segment });
          return { rendition: rendition.id, segment: segment.index, codec: init.codec, ...facts };
        }),
      );
      checked.push(...results);
    }
    return checked;
  }

  /** The object's bytes, which are what was offered. */
  async #read(jobId: string, output: Output): Promise<Uint8Array> {
    const { rendition, kind, sizeBytes, sha256 } = output;
    const key = outputKey(jobId, rendition, kind, sha256);
    const object = await this.env.MEDIA.get(key);
    if (object === null) {
      throw new TributaryError("OUTPUT_MISSING", `An offered object of ${rendition} is not there.`);
    }
    const sizeMatches = object.size === sizeBytes;
    const bytes = sizeMatches ? new Uint8Array(await object.arrayBuffer()) : null;
    if (bytes === null || createHash("sha256").update(bytes).digest("hex") !== sha256) {
      if (bytes === null) await object.body.cancel();
      // Its name claims a content it has not, and while it is there nobody can store the right one.
      await this.env.MEDIA.delete(key);
      throw new TributaryError(
        "OUTPUT_HASH_MISMATCH",
        `An object of ${rendition} is not the one that was offered.`,
      );
    }
    return bytes;
  }
}

function unplanned({ rendition, segment }: Output): TributaryError {
  return new TributaryError("OUTPUT_INVALID", `Segment ${segment} of ${rendition} is not planned.`);
}

function batches(outputs: readonly Output[]): Output[][] {
  const all: Output[][] = [];
  let sizeBytes = Number.POSITIVE_INFINITY;
  for (const output of outputs) {
    sizeBytes += output.sizeBytes;
    if (sizeBytes > BATCH_BYTES) {
      all.push([]);
      sizeBytes = output.sizeBytes;
    }
    all.at(-1)?.push(output);
  }
  return all;
}
