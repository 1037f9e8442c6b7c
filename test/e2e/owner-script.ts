import type { Worker } from "playwright";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";

/** The owner's worker in a tab, whose calls of encoders are comlink's messages. */

/**
 * A script that a test hands in has no address, so its worker would count as a stranger's page that reaches
 * for the local network.
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
 * For `prepare`: changes the tasks that the owner's encoders are given.
 * @param change runs in the owner's worker, and reaches nothing else; returns for how many milliseconds the
 *   task is held back
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
 * For `prepare`: a mixture. The second segment's pictures say that they are turned, and those after it reach the encoder late: one
 * task is the browser's codecs', one ffmpeg's in the tab, and servers have time for the rest.
 */
export function leaveTheRestToServers(tab: OwnerTab): Promise<void> {
  return changeTasks(tab, ({ task, source }) => {
    const first = task.kind === "video" ? task.firstSegment : 0;
    if (first === 1) source.video.rotation = 90;
    return first >= 2 ? 60_000 : 0;
  });
}

export function ownerWorker({ page }: OwnerTab): Worker {
  const worker = page.workers().find((each) => OWNER_SCRIPT.test(each.url()));
  if (worker === undefined) throw new Error("The tab has no owner's worker.");
  return worker;
}
