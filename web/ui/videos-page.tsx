import { useSignal } from "@preact/signals";
import type { Catalogue, CatalogueVideo } from "../catalogue.ts";
import { InlineError } from "./error-view.tsx";
import { formatBytes, formatLength } from "./format.ts";
import { PageFrame } from "./page-frame.tsx";
import { PosterFrame } from "./poster-frame.tsx";
import "./videos.css";

/** What this deployment holds. */
export function VideosPage({ catalogue }: { catalogue: Catalogue }) {
  const { videos, problem } = catalogue;
  return (
    <PageFrame>
      <div class="title-row">
        <h1>Videos</h1>
      </div>
      {problem !== null && <InlineError error={problem} />}
      {videos === null && problem === null && <p role="status">Loading…</p>}
      {videos?.length === 0 && (
        <p>
          There is no video here yet. <a href="/">Make the first one.</a>
        </p>
      )}
      <ul class="videos">
        {videos?.map((video) => (
          <VideoCard key={video.id} video={video} catalogue={catalogue} />
        ))}
      </ul>
      {catalogue.hasMore && (
        <button type="button" class="button" onClick={() => catalogue.more()}>
          Show more
        </button>
      )}
    </PageFrame>
  );
}

function VideoCard({ video, catalogue }: { video: CatalogueVideo; catalogue: Catalogue }) {
  const { id, name, state, durationTicks, bytesStored, createdAtMs, width, height } = video;
  const watchUrl = `/watch/${id}`;
  return (
    <li class="card video-card">
      <div class="video-poster" aria-hidden="true">
        {state === "ready" && <PosterFrame masterUrl={`/v/${id}/master.m3u8`} />}
      </div>
      <h2 class="video-title">
        <a href={watchUrl}>{name}</a>
      </h2>
      <p class="video-facts">
        {durationTicks > 0 && `${formatLength(durationTicks)} · `}
        {width}×{height} · {formatBytes(bytesStored)} ·{" "}
        <time dateTime={new Date(createdAtMs).toISOString()}>
          {new Date(createdAtMs).toLocaleDateString()}
        </time>
      </p>
      {state !== "ready" && <p class="video-state">{STATES[state] ?? state}</p>}
      <div class="actions">
        {state === "ready" && <Mp4Action id={id} catalogue={catalogue} />}
        {state !== "planned" && catalogue.isOwned(id) && (
          <DeleteAction onDelete={() => catalogue.remove(id)} name={name} />
        )}
      </div>
    </li>
  );
}

const STATES: Record<string, string> = {
  planned: "Being made",
  failed: "Failed",
  cancelled: "Cancelled",
};

function Mp4Action({ id, catalogue }: { id: string; catalogue: Catalogue }) {
  const status = catalogue.mp4Of(id);
  if (status?.state === "ready" && status.url !== null) {
    return (
      <a class="button" href={status.url} download>
        Download MP4{status.sizeBytes !== null && ` (${formatBytes(status.sizeBytes)})`}
      </a>
    );
  }
  const isMaking = status?.state === "making";
  return (
    <button type="button" class="button" disabled={isMaking} onClick={() => catalogue.makeMp4(id)}>
      {isMaking ? "Making the MP4…" : "MP4"}
    </button>
  );
}

function DeleteAction({ name, onDelete }: { name: string; onDelete(): void }) {
  const isAsking = useSignal(false);
  if (!isAsking.value) {
    return (
      <button
        type="button"
        class="button"
        aria-label={`Delete ${name}`}
        onClick={() => {
          isAsking.value = true;
        }}
      >
        Delete
      </button>
    );
  }
  return (
    <button type="button" class="button button-danger" onClick={onDelete}>
      Delete for good
    </button>
  );
}
