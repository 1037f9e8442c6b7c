import { pause, REAL_CLOCK } from "../../shared/clock.ts";
import { findVideoState } from "../catalog/owners.ts";

const LOOK_EVERY_MS = 2_000;

/**
 * Runs a server's work on a finished video, and aborts it when the video is deleted.
 * @returns null where the video was deleted before the end of the work
 * @throws the error of the work, unless the video was deleted
 */
export async function whileThere<T>(
  env: Cloudflare.Env,
  videoId: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  const over = new AbortController();
  const deleted = new AbortController();
  const isThere = async () => (await findVideoState(env.CATALOG, videoId)) !== null;
  const look = async () => {
    while (!over.signal.aborted) {
      await pause(REAL_CLOCK, LOOK_EVERY_MS, over.signal);
      if (over.signal.aborted) return;
      // While the catalogue does not answer, the video counts as existing.
      if (!(await isThere().catch(() => true))) deleted.abort();
    }
  };
  const looking = look();
  try {
    const result = await work(deleted.signal);
    return (await isThere()) ? { result } : null;
  } catch (thrown) {
    if (deleted.signal.aborted) return null;
    throw thrown;
  } finally {
    over.abort();
    await looking;
  }
}
