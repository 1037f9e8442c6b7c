import "./files.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { TributaryError, toWireError, type WireError } from "../../shared/job/errors.ts";
import { authorized } from "../player/authorized.ts";
import { begunOriginal, forgetOriginal, keepOriginalState } from "../saved/begun-originals.ts";
import { InlineError } from "../ui/error-view.tsx";
import { formatBytes, formatPercent } from "../ui/format.ts";
import type { WholeUploadOptions } from "../whole-upload.ts";
import { t } from "../words/words.ts";
import { openSaveTarget } from "./save-target.ts";

export interface OriginalPanelProps {
  videoId: string;
  ownerToken: string;
  /** The stored original; null where there is none. */
  original: { sizeBytes: number } | null;
  /** The source file, where the page has it; null: the person is asked to choose it. */
  file: File | null;
  /** The name under which the original is saved again. */
  name: string;
  /** Whether the upload begins by itself. */
  isWanted?: boolean;
  keep(file: File, options: WholeUploadOptions): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Uploads, downloads and deletes the original: the file that a video was made from. An upload that was interrupted,
 * also by a reload, goes on where it was when the same file is chosen again.
 */
export function OriginalPanel(props: OriginalPanelProps) {
  const { videoId, ownerToken, file, name, isWanted = false, keep, remove } = props;
  const original = useSignal(props.original);
  const share = useSignal<number | null>(null);
  const error = useSignal<WireError | null>(null);
  const abort = useRef(new AbortController());
  const send = async (chosen: File) => {
    abort.current = new AbortController();
    const { signal } = abort.current;
    error.value = null;
    share.value = 0;
    const begun = begunOriginal(videoId);
    const isSame = begun?.name === chosen.name && begun.sizeBytes === chosen.size;
    try {
      await keep(chosen, {
        ...{ signal, resume: isSame ? begun : undefined },
        onState: (state) => keepOriginalState(videoId, state),
        onProgress: (sentBytes) => {
          share.value = sentBytes / chosen.size;
        },
      });
      forgetOriginal(videoId);
      original.value = { sizeBytes: chosen.size };
    } catch (thrown) {
      const wire = toWireError(thrown);
      // The interrupted upload is too old, or the site no longer knows it: the next try begins anew.
      if (["FORBIDDEN", "REQUEST_INVALID", "NOT_FOUND"].includes(wire.code))
        forgetOriginal(videoId);
      if (!signal.aborted) error.value = wire;
    } finally {
      share.value = null;
    }
  };
  const run = (act: () => Promise<void>) => {
    error.value = null;
    act().catch((thrown: unknown) => {
      error.value = toWireError(thrown);
    });
  };
  useEffect(() => {
    if (isWanted && file !== null && original.value === null) void send(file);
    return () => abort.current.abort();
  }, []);
  const isSending = share.value !== null;
  useEffect(() => {
    if (!isSending) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isSending]);
  const begun = begunOriginal(videoId);
  return (
    <div class="original">
      {share.value !== null && (
        <>
          <p>{t("files.original.sending", { share: formatPercent(share.value) })}</p>
          <progress class="bar" max={1} value={share.value} aria-label={t("files.original.sent")} />
          <button type="button" class="button" onClick={() => abort.current.abort()}>
            {t("files.stop")}
          </button>
        </>
      )}
      {!isSending && original.value !== null && (
        <>
          <p role="status">
            {t("files.original.kept", { size: formatBytes(original.value.sizeBytes) })}
          </p>
          <div class="actions">
            <button
              type="button"
              class="button"
              onClick={() =>
                run(() => save(videoId, ownerToken, name, original.value?.sizeBytes ?? 0))
              }
            >
              {t("files.original.get")}
            </button>
            <button
              type="button"
              class="button"
              onClick={() =>
                run(async () => {
                  await remove();
                  original.value = null;
                })
              }
            >
              {t("files.original.delete")}
            </button>
          </div>
        </>
      )}
      {!isSending && original.value === null && (
        <>
          {begun !== null && <p role="status">{t("files.original.begun", { name: begun.name })}</p>}
          {file !== null ? (
            <button type="button" class="button" onClick={() => void send(file)}>
              {t("files.original.keep")}
            </button>
          ) : (
            <label class="original-file">
              <span>{t("files.original.choose")}</span>
              <input
                type="file"
                onChange={(event) => {
                  const [chosen] = event.currentTarget.files ?? [];
                  if (chosen !== undefined) void send(chosen);
                }}
              />
            </label>
          )}
          <p class="hint">{t("files.original.hint")}</p>
        </>
      )}
      {error.value !== null && <InlineError error={error.value} />}
    </div>
  );
}

/** Downloads the original; its bytes are written to the person's file as they come. */
async function save(
  videoId: string,
  ownerToken: string,
  name: string,
  sizeBytes: number,
): Promise<void> {
  const target = await openSaveTarget(name, { type: "application/octet-stream", sizeBytes });
  if (target === null) return;
  const response = await fetch(`/api/videos/${videoId}/original`, authorized(ownerToken));
  if (!response.ok || response.body === null) {
    await target.writable.abort();
    throw new TributaryError("DOWNLOAD_FAILED", `Status ${response.status}.`);
  }
  let position = 0;
  const parts = new TransformStream<
    Uint8Array<ArrayBuffer>,
    { type: "write"; data: Uint8Array<ArrayBuffer>; position: number }
  >({
    transform: (data, controller) => {
      controller.enqueue({ type: "write", data, position });
      position += data.byteLength;
    },
  });
  await response.body.pipeThrough(parts).pipeTo(target.writable);
}
