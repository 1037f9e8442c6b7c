import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { toWireError } from "../../../shared/job/errors.ts";
import type { ContributorState } from "../../contributor/contributor-api.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { connectContributor } from "./connect-contributor.ts";
import { ContributePage } from "./contribute-page.tsx";
import { deviceClass, friendlyName } from "./friendly-name.ts";
import { onLowBattery, stayAwake } from "./stay-awake.ts";

declare global {
  /** For whoever drives the page from outside (tests, headless helpers): what it shows. */
  var tributaryContributor: { readonly state: ContributorState | null };
}

requireBrowser("contribute");

const jobId = location.pathname.split("/")[2] ?? "";
const token = location.hash.slice(1);
const query = new URLSearchParams(location.search);

const state = signal<ContributorState | null>(null);
const lowBattery = signal(false);
const contributor = connectContributor();
globalThis.tributaryContributor = {
  get state() {
    return state.value;
  },
};

const who = {
  name: query.get("name")?.slice(0, 60) || friendlyName(Math.random),
  device: deviceClass(navigator.userAgent),
};

/** Before the worker has said anything. */
const UNKNOWN: Omit<ContributorState, "phase" | "error"> = {
  job: null,
  possibleSlots: 0,
  reason: null,
  slots: 0,
  encoding: [],
  connected: false,
  tasksDone: 0,
  bytesDownloaded: 0,
  bytesUploaded: 0,
};

function fail(thrown: unknown): void {
  const error = toWireError(thrown);
  state.value = { ...(state.peek() ?? UNKNOWN), phase: "failed", error };
}

async function open(): Promise<void> {
  await contributor.api.subscribe((next) => {
    state.value = next;
  });
  await contributor.api.open(jobId, token, who);
}
open().catch(fail);
void contributor.died.then(fail);

render(
  <ContributePage
    state={state}
    name={who.name}
    lowBattery={lowBattery}
    suggestedSlots={Number(query.get("slots")) || null}
    onWork={(slots) => {
      lowBattery.value = false;
      contributor.api.work(slots).catch(fail);
    }}
    onPause={() => contributor.api.pause().catch(fail)}
    onStop={() => contributor.api.stop().catch(fail)}
  />,
  document.getElementById("page") as HTMLElement,
);

let sleep: (() => void) | null = null;
effect(() => {
  const works = state.value?.phase === "working";
  if (works && sleep === null) sleep = stayAwake(`tributary-contributing-${jobId}`);
  if (!works && sleep !== null) {
    sleep();
    sleep = null;
  }
  const name = state.value?.job?.name;
  if (name !== undefined) document.title = `${works ? "Helping: " : ""}${name} · Tributary`;
});

const ends = new AbortController();
void onLowBattery(() => {
  if (state.peek()?.phase !== "working") return;
  lowBattery.value = true;
  contributor.api.pause().catch(fail);
}, ends.signal);
