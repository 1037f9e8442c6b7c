import { containerHealthSchema } from "../../shared/wire/container.ts";

/** Milliseconds for which an answer is cached, so that not every page view costs a call. */
export const HEALTH_FOR_MS = 5_000;
/** Milliseconds for an answer. A server whose processors are all encoding answers late. */
const HEALTH_TIMEOUT_MS = 5_000;

/** Cached answers of this isolate, by URL. */
const known = new Map<string, { isWell: boolean; untilMs: number }>();

/** Whether the server process at `url` is healthy, now or at most `HEALTH_FOR_MS` ago. */
export async function isWell(url: string, nowMs = Date.now()): Promise<boolean> {
  const last = known.get(url);
  if (last !== undefined && nowMs < last.untilMs) return last.isWell;
  const answer = await ask(url);
  known.set(url, { isWell: answer, untilMs: nowMs + HEALTH_FOR_MS });
  return answer;
}

async function ask(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
    const response = await fetch(new URL("/health", url), { signal });
    const health = containerHealthSchema.safeParse(await response.json());
    return response.ok && health.success && health.data.ok;
  } catch {
    return false;
  }
}
