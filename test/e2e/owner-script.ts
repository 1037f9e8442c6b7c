import type { Worker } from "playwright";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";

/** Changes to the owner's worker of a tab. It calls its encoders by comlink, so each call is a posted message. */

/**
 * Browser arguments for `insertIntoOwner`. A script that a test supplies comes from no network address, so Chromium
 * would treat its requests as access to the local network from outside.
 */
export const LOCAL_SCRIPTS = ["--disable-features=LocalNetworkAccessChecks"];

const OWNER_SCRIPT = /owner\.worker[^/]*\.js/;

/**
 * For `prepare`: runs a script in the owner's worker before its own. The browser has to be launched with
 * `LOCAL_SCRIPTS`.
 */
export async function insertIntoOwner({ page }: OwnerTab, script: string): Promise<void> {
  await page.route(OWNER_SCRIPT, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });
}

/**
 * For `prepare`: changes or delays the tasks of the owner's encoders.
 * @param change runs in the owner's worker, so it has nothing of the test's scope. Returns the milliseconds by
 *   which the task is delayed
 */
export function changeTasks(tab: OwnerTab, change: (grant: LeaseGrant) => number): Promise<void> {
  return insertIntoOwner(
    tab,
    `const change = ${change};
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (call, ...rest) {
      const grant = call.argumentList?.[0]?.value?.grant;
      const heldBackMs = grant === undefined ? 0 : change(grant);
      if (heldBackMs === 0) send.call(this, call, ...rest);
      else setTimeout(() => send.call(this, call, ...rest), heldBackMs);
    };`,
  );
}

/**
 * For `prepare`: makes a video of several engines. The browser's codecs take the first video task. The second one
 * claims a rotation, which they refuse, so ffmpeg in the tab takes it. The later ones are delayed, which leaves
 * them to servers.
 */
export function leaveTheRestToServers(tab: OwnerTab): Promise<void> {
  return changeTasks(tab, ({ task, source }) => {
    const first = task.kind === "video" ? task.firstSegment : 0;
    if (first === 1) source.video.rotation = 90;
    return first >= 2 ? 60_000 : 0;
  });
}

/** @throws Error where the tab has no owner's worker */
export function ownerWorker({ page }: OwnerTab): Worker {
  const worker = page.workers().find((each) => OWNER_SCRIPT.test(each.url()));
  if (worker === undefined) throw new Error("The tab has no owner's worker.");
  return worker;
}
