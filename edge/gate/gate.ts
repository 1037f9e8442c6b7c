import { WorkerEntrypoint } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { checkInit, checkMedia, type InitFacts } from "../../shared/cmaf/check.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { initKey, mediaKey, namedHashes } from "../../shared/job/object-keys.ts";
import type { Output } from "../../shared/wire/lease.ts";
import type { CheckedSegment, GateRequest, GateVerdict } from "./verdict.ts";

/** The most bytes of objects in memory at once. An isolate has 128 MB. */
const BATCH_BYTES = 32 * 1024 * 1024;

type InitOutput = Extract<Output, { kind: "init" }>;
type MediaOutput = Extract<Output, { kind: "media" }>;

/** An init segment that came with an offer. */
interface OfferedInit {
  key: string;
  md5: string;
  bytes: Uint8Array;
  facts: InitFacts;
}

/**
 * Reads a holder's outputs and checks them against the plan. It stores each distinct init segment once, and deletes
 * nothing. It is stateless and runs outside the coordinator, whose single thread stays free, so gates of many jobs run
 * in parallel.
 */
export class Gate extends WorkerEntrypoint<Cloudflare.Env> {
  async check(request: GateRequest): Promise<GateVerdict> {
    try {
      return { verdict: "passed", segments: await this.#check(request) };
    } catch (thrown) {
      const { code, message } = toWireError(thrown);
      // Only errors about the outputs refuse them. Others, such as a failure of storage, may be temporary.
      return thrown instanceof TributaryError
        ? { verdict: "refused", code, message }
        : { verdict: "unknown", message };
    }
  }

  async #check(request: GateRequest): Promise<CheckedSegment[]> {
    const { jobId, leaseId, outputs, renditions, segments } = request;
    const inits = new Map<string, OfferedInit>();
    for (const output of outputs) {
      if (output.kind === "init") inits.set(output.rendition, offeredInit(request, output));
    }
    const checked: CheckedSegment[] = [];
    for (const batch of batches(outputs.filter((output) => output.kind === "media"))) {
      const results = await Promise.all(
        batch.map(async (output) => {
          const rendition = renditions.find(({ id }) => id === output.rendition);
          const segment = segments.find(({ index }) => index === output.segment);
          const init = inits.get(output.rendition)?.facts;
          if (rendition === undefined || segment === undefined || init === undefined) {
            throw unplanned(output);
          }
          const media = await this.#read(mediaKey(jobId, rendition.id, leaseId, output), output);
          const facts = checkMedia({ media, init, rendition, segment });
          return { rendition: rendition.id, segment: segment.index, codec: init.codec, ...facts };
        }),
      );
      checked.push(...results);
    }
    // Stored only now, so that nothing of a refused result is stored.
    const offered = [...inits.values()];
    const missing = offered.filter(({ key }) => !request.storedInits.includes(key));
    await Promise.all(missing.map((init) => this.#storeInit(init)));
    return checked;
  }

  /** The object's bytes, after a comparison with the offer. */
  async #read(key: string, output: MediaOutput): Promise<Uint8Array> {
    const object = await this.env.MEDIA.get(key);
    if (object === null) {
      const message = `An offered object of ${output.rendition} is not there.`;
      throw new TributaryError("OUTPUT_MISSING", message);
    }
    // Playback compares the ETag with the name, so it must be the MD5, as it is for objects that were not uploaded in
    // parts.
    if (object.size !== output.sizeBytes || object.etag !== namedHashes(key)?.md5) {
      await object.body.cancel();
      throw mismatch(output);
    }
    const bytes = new Uint8Array(await object.arrayBuffer());
    assertOffered(bytes, output);
    return bytes;
  }

  /** Several leases may store the same init segment at once. That does no harm, because its name has its hash. */
  async #storeInit({ key, md5, bytes }: OfferedInit): Promise<void> {
    if ((await this.env.MEDIA.head(key))?.etag === md5) return;
    await this.env.MEDIA.put(key, bytes, { md5, httpMetadata: { contentType: "video/mp4" } });
  }
}

/** @throws TributaryError OUTPUT_HASH_MISMATCH, OUTPUT_INVALID */
function offeredInit({ jobId, renditions }: GateRequest, output: InitOutput): OfferedInit {
  const rendition = renditions.find(({ id }) => id === output.rendition);
  if (rendition === undefined) throw unplanned(output);
  const bytes = new Uint8Array(Buffer.from(output.base64, "base64"));
  const md5 = assertOffered(bytes, output);
  const key = initKey(jobId, rendition.id, output);
  return { key, md5, bytes, facts: checkInit(bytes, rendition) };
}

/**
 * @returns the MD5 in hexadecimal
 * @throws TributaryError OUTPUT_HASH_MISMATCH
 */
function assertOffered(bytes: Uint8Array, output: Output): string {
  const md5 = createHash("md5").update(bytes).digest("hex");
  const isOffered =
    bytes.length === output.sizeBytes &&
    createHash("sha256").update(bytes).digest("hex") === output.sha256 &&
    md5 === Buffer.from(output.md5, "base64").toString("hex");
  if (!isOffered) throw mismatch(output);
  return md5;
}

function mismatch({ rendition }: Output): TributaryError {
  const message = `An object of ${rendition} is not the one that was offered.`;
  return new TributaryError("OUTPUT_HASH_MISMATCH", message);
}

function unplanned({ rendition, segment }: Output): TributaryError {
  return new TributaryError("OUTPUT_INVALID", `Segment ${segment} of ${rendition} is not planned.`);
}

function batches(outputs: readonly MediaOutput[]): MediaOutput[][] {
  const all: MediaOutput[][] = [];
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
