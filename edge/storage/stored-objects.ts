import { outputPrefix } from "../../shared/job/object-keys.ts";

/** The most objects in a page of a listing, and in one call of `delete`. */
const PAGE_OBJECTS = 1000;

/** An object that a video should have in storage. */
export interface ExpectedObject {
  key: string;
  sizeBytes: number;
  /** In hexadecimal: the ETag of an object that was not uploaded in parts; null where it is not known. */
  md5: string | null;
}

/** An expected object after a comparison with storage. */
export interface CheckedObject extends ExpectedObject {
  state: "ok" | "missing" | "differs";
}

/** Compares a video's folder with the expected objects, by a listing of sizes and ETags. */
export async function checkStored(
  bucket: R2Bucket,
  jobId: string,
  expected: readonly ExpectedObject[],
): Promise<CheckedObject[]> {
  const stored = new Map<string, { size: number; etag: string }>();
  for await (const page of pagesBelow(bucket, outputPrefix(jobId))) {
    for (const { key, size, etag } of page) stored.set(key, { size, etag });
  }
  return expected.map((object) => {
    const found = stored.get(object.key);
    if (found === undefined) return { ...object, state: "missing" };
    const isSame =
      found.size === object.sizeBytes && (object.md5 === null || object.md5 === found.etag);
    return { ...object, state: isSame ? "ok" : "differs" };
  });
}

/**
 * Deletes all objects whose keys begin with `prefix`.
 * @param kept keys that are not deleted
 */
export async function deleteBelow(
  bucket: R2Bucket,
  prefix: string,
  kept: ReadonlySet<string>,
): Promise<void> {
  for await (const page of pagesBelow(bucket, prefix)) {
    const keys = page.map(({ key }) => key).filter((key) => !kept.has(key));
    if (keys.length > 0) await bucket.delete(keys);
  }
}

/** The objects whose keys begin with `prefix`, page by page. */
export async function* pagesBelow(bucket: R2Bucket, prefix: string): AsyncGenerator<R2Object[]> {
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await bucket.list({ prefix, limit: PAGE_OBJECTS, ...from });
    yield page.objects;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
