import type { Worker } from "playwright";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";

/** The owner's worker in a tab, whose calls of encoders are comlink's messages. */

const OWNER_SCRIPT = /owner\.worker[^/]*\.js/;

/** For `prepare`: runs a script in the owner's worker before its own. */
export async function insertIntoOwner({ page }: OwnerTab, script: string): Promise<void> {
  await page.route(OWNER_SCRIPT, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });
}

export function ownerWorker({ page }: OwnerTab): Worker {
  const worker = page.workers().find((each) => OWNER_SCRIPT.test(each.url()));
  if (worker === undefined) throw new Error("The tab has no owner's worker.");
  return worker;
}
