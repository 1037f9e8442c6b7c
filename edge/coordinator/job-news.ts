import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { JobDelta } from "../../shared/wire/job-view.ts";
import type { State } from "./schedule/state/state.ts";
import type { Sockets } from "./sockets.ts";

/**
 * Interval, in milliseconds, at which contributors get news of the job. Changes of its state or title are sent at once.
 */
const CONTRIBUTOR_NEWS_MS = 10_000;

/** Sends the changes of a job to all holders. Contributors get fewer fields, and less often. */
export function newsTo(sockets: Sockets, state: State): (delta: JobDelta) => void {
  let toldAtMs = 0;
  let told = turnOf(state);
  return (delta) => {
    const text = JSON.stringify({ type: "job", job: delta } satisfies CoordinatorMessage);
    const isNews = turnOf(state) !== told || Date.now() - toldAtMs >= CONTRIBUTOR_NEWS_MS;
    // Only the owner and servers see the other holders and their tasks.
    const { tasks: _tasks, holders: _holders, ...news } = delta;
    const newsText = JSON.stringify({ type: "job", job: news } satisfies CoordinatorMessage);
    for (const { connectionId, holderId } of sockets.bound()) {
      const role = state.holders.get(holderId)?.role;
      if (role !== "contributor") sockets.sendText(connectionId, text);
      else if (isNews) sockets.sendText(connectionId, newsText);
    }
    if (!isNews) return;
    toldAtMs = Date.now();
    told = turnOf(state);
  };
}

/** A text that differs whenever contributors have to be told of a change at once. */
function turnOf({ job }: State): string {
  return `${job.state} ${job.title}`;
}
