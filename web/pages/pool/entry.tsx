import { effect } from "@preact/signals";
import { render } from "preact";
import type { PoolMemberState } from "../../contributor/pool-member-api.ts";
import { joinToken, keepJoin } from "../../saved/pools.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import "../../ui/style.css";
import "./pool.css";
import { deviceFacts } from "../../ui/device.ts";
import { pageTitle } from "../../ui/page-title.ts";
import { stayAwakeWhile } from "../../ui/stay-awake.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords, t } from "../../words/words.ts";
import { deviceClass, friendlyName } from "../contribute/friendly-name.ts";
import { AskPage } from "./ask-page.tsx";
import { CreatePage } from "./create-page.tsx";
import { MemberPage } from "./member-page.tsx";
import { MemberSession } from "./member-session.ts";
import { OperatePage } from "./operate-page.tsx";

declare global {
  /** The page's state, for programs that drive the page (tests, headless helpers). */
  var tributaryPool: { readonly state: PoolMemberState | null };
  /** The device's key, set before the page runs by a program that stores it elsewhere. */
  var tributaryPoolKey: JsonWebKey | undefined;
}

const KIOSK_AGAIN_MS = 60_000;
const words = loadWords(PAGE_WORDS.pool);
requireBrowser("pool", words);

const [, , poolId = "", view = ""] = location.pathname.split("/");
const token = location.hash.slice(1);
const root = document.getElementById("page") as HTMLElement;

await words;
pageTitle("pool.pool");
if (poolId === "") render(<CreatePage />, root);
else if (view === "operate") render(<OperatePage poolId={poolId} token={token} />, root);
else if (view === "ask") render(<AskPage poolId={poolId} token={token} />, root);
else showMember();

/** The browser may install this page: as an app it opens this pool, and joins. */
function offerApp(): void {
  const link = document.createElement("link");
  Object.assign(link, { rel: "manifest", href: `/pool/${poolId}/app.webmanifest` });
  document.head.append(link);
}

function showMember(): void {
  offerApp();
  const token = location.hash.slice(1) || joinToken(poolId);
  const query = new URLSearchParams(location.search);
  const who = {
    name: query.get("name")?.slice(0, 60) || friendlyName(Math.random),
    device: deviceClass(navigator.userAgent),
  };
  const { mobile } = deviceFacts();
  const key = globalThis.tributaryPoolKey ?? null;
  const session = new MemberSession({ poolId, token, who, mobile, key });
  const { state, limits } = session;
  globalThis.tributaryPool = {
    get state() {
      return state.value;
    },
  };
  const slots = Number(query.get("slots")) || null;
  // On machines without a person, such as a screen in a hall, nobody presses the button.
  const isKiosk = query.has("kiosk");
  void session.open().then(async () => {
    if (slots !== null) await session.change({ ...limits.peek(), slots });
    if (isKiosk && state.peek()?.phase === "invited") await session.join();
  });
  effect(() => {
    if (!isKiosk || state.value?.phase !== "failed" || !state.value.error?.retryable) return;
    const again = setTimeout(() => void session.join(), KIOSK_AGAIN_MS);
    return () => clearTimeout(again);
  });
  render(
    <MemberPage
      state={state}
      limits={limits}
      isPaused={session.isPaused}
      useIsNotTold={session.useIsNotTold}
      name={who.name}
      onJoin={() => session.join()}
      onLimits={(next) => session.change(next)}
      onPause={(isPaused) => session.pause(isPaused)}
      onStop={() => session.stop()}
    />,
    root,
  );
  stayAwakeWhile(
    () => state.value?.phase === "member",
    `tributary-pool-${poolId}`,
    () => limits.value.screenOn,
  );
  effect(() => {
    if (state.value?.phase === "member") keepJoin(poolId, token);
  });
  effect(() => {
    const name = state.value?.poolName;
    if (name)
      document.title = state.value?.job ? t("ui.helpingTitle", { name }) : `${name} · Tributary`;
  });
}
