import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { JobDelta } from "../../shared/wire/job-view.ts";
import type { State } from "./schedule/state/state.ts";
import type { Sockets } from "./sockets.ts";

/** Contributors hear of the job this often, and when it turns or gets another title. */
const CONTRIBUTOR_NEWS_MS = 10_000;

/** Tells all holders what changed in a job: contributors less, and more seldom. */
export function newsTo(sockets: Sockets, state: State): (delta: JobDelta) => void {
  let toldAtMs = 0;
  let told = turnOf(state);
  return (delta) => {
    const text = JSON.stringify({ type: "job", job: delta } satisfies CoordinatorMessage);
    const isNews = turnOf(state) !== told || Date.now() - toldAtMs >= CONTRIBUTOR_NEWS_MS;
    // What others do is the owner's to see.
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

/** Changes with what contributors hear of at once. */
function turnOf({ job }: State): string {
  return `${job.state} ${job.title}`;
}
