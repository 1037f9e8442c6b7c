import { useSignal } from "@preact/signals";
import type { WireError } from "../../../shared/job/errors.ts";
import { deviceFacts } from "../../ui/device.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { SlowBrowserNote } from "../../ui/slow-browser-note.tsx";
import { t } from "../../words/words.ts";
import { DropZone } from "./drop-zone.tsx";
import type { PickedFile } from "./source-file.ts";

const STEPS = ["step1", "step2", "step3"] as const;

const SAMPLE_MISSING: WireError = {
  code: "NETWORK",
  message: "The sample clip could not be fetched.",
  retryable: true,
};

/** View before a file is picked: what this page does, and the place for a file. */
export function StartView({
  onIntent,
  onFiles,
  loadSample,
  byServers,
}: {
  /** Whether only this site's servers can encode, because the browser cannot. */
  byServers: boolean;
  onIntent(): void;
  onFiles(picked: PickedFile[]): void;
  loadSample(): Promise<PickedFile | null>;
}) {
  const isSampleMissing = useSignal(false);
  const { mobile } = deviceFacts();
  return (
    <>
      <div class="hero">
        <h1>{t("upload.start.title")}</h1>
        <p class="lead">{byServers ? t("upload.start.leadServers") : t("upload.start.lead")}</p>
      </div>
      {!byServers && <SlowBrowserNote />}
      <DropZone
        title={t("upload.start.drop")}
        buttonLabel={t("upload.start.choose")}
        hint={mobile ? t("upload.start.formatsPhone") : t("upload.start.formats")}
        several
        mobile={mobile}
        onIntent={onIntent}
        onFiles={onFiles}
      />
      <p class="privacy">{t("upload.start.privacy")}</p>
      <p class="sample">
        <span>
          {t("upload.start.noVideo")}{" "}
          <button
            type="button"
            class="link-button"
            onClick={async () => {
              onIntent();
              const sample = await loadSample();
              isSampleMissing.value = sample === null;
              if (sample !== null) onFiles([sample]);
            }}
          >
            {t("upload.start.sample")}
          </button>
        </span>
        <a href="/videos">{t("upload.start.yours")}</a>
      </p>
      {isSampleMissing.value && <InlineError error={SAMPLE_MISSING} />}
      <ol class="steps">
        {STEPS.map((step) => (
          <li key={step}>
            <h2>{t(`upload.start.${step}`)}</h2>
            <p>{t(`upload.start.${step}Text`)}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
