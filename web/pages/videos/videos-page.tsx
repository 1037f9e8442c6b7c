import "../../ui/style.css";
import "./videos.css";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { InlineError } from "../../ui/error-view.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { Announcement, PageFrame } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import type { Catalogue, CatalogueVideo } from "./catalogue.ts";
import { OtherDevices } from "./other-devices.tsx";
import { VideoCard } from "./video-card.tsx";

/** Pause in typing after which the search begins. */
const SEARCH_AFTER_MS = 300;

type Order = "newest" | "oldest" | "title" | "longest";
const ORDERS: Record<Order, Key> = {
  newest: "videos.newestFirst",
  oldest: "videos.oldestFirst",
  title: "videos.byTitle",
  longest: "videos.longestFirst",
};

/** Page with the videos made in this browser, and the videos that others have listed on this site. */
export function VideosPage({
  catalogue,
  notice = null,
}: {
  catalogue: Catalogue;
  /** Shown above all else. */
  notice?: ComponentChildren;
}) {
  const { problem, deleted } = catalogue;
  const own = catalogue.own.value;
  const listed = catalogue.listed.value;
  const order = useSignal<Order>("newest");
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLUListElement>(null);
  // A deleted video takes its button with it, so the focus moves to the heading.
  useEffect(() => {
    if (deleted !== null) heading.current?.focus();
  }, [deleted]);
  const showMore = async () => {
    const shown = listed?.length ?? 0;
    await (problem === null ? catalogue.more() : catalogue.open());
    list.current?.children[shown]?.querySelector<HTMLElement>("a, button")?.focus();
  };
  const isSearching = catalogue.search !== "";
  const shownOwn = sorted(
    own?.filter((video) => isFound(video, catalogue.search)),
    order.value,
  );
  const shownListed = sorted(listed, order.value);
  return (
    <PageFrame>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {t("videos.videos")}
        </h1>
      </div>
      <Announcement text={deleted === null ? "" : t("videos.wasDeleted", { deleted })} />
      {notice}
      <Toolbar
        order={order.value}
        onOrder={(chosen) => {
          order.value = chosen;
        }}
        onSearch={(text) => void catalogue.find(text)}
      />
      <section class="videos-section" aria-labelledby="own-title">
        <h2 id="own-title">{t("videos.yourVideos")}</h2>
        {own === null && problem === null && <p role="status">{t("videos.loading")}</p>}
        {own?.length === 0 && (
          <p>
            {rich("videos.thisBrowserHasMadeNo", { link: (inside) => <a href="/">{inside}</a> })}
          </p>
        )}
        {own !== null && own.length > 0 && shownOwn.length === 0 && (
          <p>{t("videos.noneOfThemHasThat")}</p>
        )}
        <ul class="videos">
          {shownOwn.map((video) => (
            <VideoCard key={video.id} video={video} own={catalogue} />
          ))}
        </ul>
        <OtherDevices count={own?.length ?? 0} />
      </section>
      <section class="videos-section" aria-labelledby="listed-title">
        <h2 id="listed-title">{t("videos.listedOnThisSite")}</h2>
        {listed === null && problem === null && <p role="status">{t("videos.loading")}</p>}
        {listed?.length === 0 && (
          <p>{isSearching ? t("videos.noneOfThemHasThat") : t("videos.nobodyElseHasListedA")}</p>
        )}
        <ul class="videos" ref={list}>
          {shownListed.map((video) => (
            <VideoCard key={video.id} video={video} own={null} />
          ))}
        </ul>
        {problem !== null && <InlineError error={problem} />}
        {((listed !== null && catalogue.hasMore) || problem !== null) && (
          <div class="actions">
            <button type="button" class="button" onClick={showMore}>
              {problem === null ? t("videos.showMore") : t("videos.tryAgain")}
            </button>
          </div>
        )}
      </section>
    </PageFrame>
  );
}

function Toolbar({
  order,
  onOrder,
  onSearch,
}: {
  order: Order;
  onOrder(order: Order): void;
  onSearch(text: string): void;
}) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <search class="videos-toolbar">
      <FormField label={t("videos.search")}>
        {(props) => (
          <input
            {...props}
            type="search"
            maxLength={200}
            onInput={(event) => {
              const text = event.currentTarget.value.trim();
              clearTimeout(timer.current);
              timer.current = setTimeout(() => onSearch(text), SEARCH_AFTER_MS);
            }}
          />
        )}
      </FormField>
      <FormField label={t("videos.order")}>
        {(props) => (
          <select
            {...props}
            value={order}
            onChange={(event) => onOrder(event.currentTarget.value as Order)}
          >
            {Object.entries(ORDERS).map(([value, text]) => (
              <option key={value} value={value}>
                {t(text)}
              </option>
            ))}
          </select>
        )}
      </FormField>
    </search>
  );
}

/** Whether one of this browser's own videos matches a search. The edge searches the listed ones. */
function isFound({ title, description, name }: CatalogueVideo, search: string): boolean {
  const wanted = search.toLowerCase();
  return [title, description, name].some((text) => text.toLowerCase().includes(wanted));
}

function sorted(videos: readonly CatalogueVideo[] | null | undefined, order: Order) {
  const by: Record<Order, (a: CatalogueVideo, b: CatalogueVideo) => number> = {
    newest: (a, b) => b.createdAtMs - a.createdAtMs,
    oldest: (a, b) => a.createdAtMs - b.createdAtMs,
    title: (a, b) => a.title.localeCompare(b.title),
    longest: (a, b) => b.durationTicks - a.durationTicks,
  };
  return [...(videos ?? [])].sort(by[order]);
}
