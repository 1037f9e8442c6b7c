import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { REAL_CLOCK } from "../../../shared/clock.ts";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { randomId } from "../../random-id.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { deviceFacts } from "../../ui/device.ts";
import { pageTitle } from "../../ui/page-title.ts";
import { onLowBattery, stayAwakeWhile } from "../../ui/stay-awake.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords, t } from "../../words/words.ts";
import { ContributePage } from "./contribute-page.tsx";
import { ContributorSession } from "./contributor-session.ts";
import { deviceClass, friendlyName } from "./friendly-name.ts";
import { HelpLimits } from "./help-limits.ts";

declare global {
  /** The page's state, for programs that drive the page (tests, headless helpers). */
  var tributaryContributor: { readonly state: ContributorState | null };
}

const words = loadWords(PAGE_WORDS.contribute);
requireBrowser("contribute", words);

const jobId = location.pathname.split("/")[2] ?? "";
const token = location.hash.slice(1);
const query = new URLSearchParams(location.search);

const lowBattery = signal(false);
const who = {
  name: query.get("name")?.slice(0, 60) || friendlyName(Math.random),
  device: deviceClass(navigator.userAgent),
};
const { mobile } = deviceFacts();
const session = new ContributorSession({ jobId, token, holderId: randomId(), who, mobile });
const { state } = session;
globalThis.tributaryContributor = {
  get state() {
    return state.value;
  },
};
void session.open();

const limits = new HelpLimits(state, () => void session.pause(), REAL_CLOCK);

await words;
pageTitle("contribute.lendAHand");
render(
  <ContributePage
    state={state}
    name={who.name}
    lowBattery={lowBattery}
    limits={limits}
    suggestedSlots={Number(query.get("slots")) || null}
    onWork={(slots) => {
      lowBattery.value = false;
      void session.work(slots);
    }}
    onPause={() => session.pause()}
    onStop={() => session.stop()}
  />,
  document.getElementById("page") as HTMLElement,
);

const isAtWork = () => state.value?.phase === "working";
stayAwakeWhile(isAtWork, `tributary-contributing-${jobId}`);
effect(() => {
  const works = isAtWork();
  const job = state.value?.job;
  const name = job?.title ?? job?.name;
  if (name !== undefined)
    document.title = works ? t("ui.helpingTitle", { name }) : `${name} · Tributary`;
});

const ends = new AbortController();
void onLowBattery(() => {
  if (state.peek()?.phase !== "working") return;
  lowBattery.value = true;
  void session.pause();
}, ends.signal);
