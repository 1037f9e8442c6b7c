/** `delete` takes this many keys at once. */
const DELETE_BATCH = 1000;

/**
 * Deletes all objects whose keys begin with `prefix`.
 * @param kept keys that stay
 */
export async function deleteBelow(
  bucket: R2Bucket,
  prefix: string,
  kept: ReadonlySet<string>,
): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix,
      limit: DELETE_BATCH,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keys = page.objects.map(({ key }) => key).filter((key) => !kept.has(key));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
