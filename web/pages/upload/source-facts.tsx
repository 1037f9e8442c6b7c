import type { AudioFacts, SourceFacts, SubtitleFacts } from "../../../shared/job/job.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import {
  channelsName,
  formatBytes,
  formatFrameRate,
  formatLength,
  languageName,
} from "../../ui/format.ts";
import { codecName, containerName } from "../../ui/format-names.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { noticeTexts } from "../../ui/notice-text.ts";
import { Note } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";

/** Facts that were found in the picked file. */
export function FoundFacts({ inspection: { source } }: { inspection: Inspection }) {
  const { video } = source;
  const texts = (source.subtitles ?? []).filter(({ isText }) => isText);
  return (
    <section aria-label={t("upload.whatWasFound")}>
      <dl class="facts">
        <Fact wide name={t("upload.factFile")} value={source.name} />
        <Fact name={t("upload.factDuration")} value={formatLength(source.durationTicks)} />
        <Fact name={t("upload.factSize")} value={formatBytes(source.sizeBytes)} />
        <Fact name={t("upload.factFormat")} value={containerName(source.container)} />
        <Fact name={t("upload.factPicture")} value={picture(source)} />
        <Fact name={t("upload.factFrameRate")} value={formatFrameRate(video.frameRate)} />
        <Fact name={t("upload.factVideoCodec")} value={videoCodec(source)} />
        <Fact
          wide
          name={t("upload.factSound", { count: source.audio.length })}
          value={source.audio.length === 0 ? t("upload.none") : source.audio.map(sound)}
        />
        {texts.length > 0 && (
          <Fact
            wide
            name={t("upload.factSubtitles", { count: texts.length })}
            value={texts.map(subtitles)}
          />
        )}
      </dl>
    </section>
  );
}

/** Names of the file's text subtitles, which become captions of the video. */
export function subtitlesFound({ subtitles: tracks }: SourceFacts): string[] {
  return (tracks ?? []).filter(({ isText }) => isText).map(subtitles);
}

/** Notes on what will be done to the picture, and warnings about the file. */
export function SourceNotes({ inspection }: { inspection: Inspection }) {
  const notes = treatment(inspection);
  const warnings = noticeTexts(inspection.source);
  return (
    <>
      {notes.length > 0 && (
        <Note kind="info" icon={<InfoIcon />}>
          {notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Note>
      )}
      {warnings.length > 0 && (
        <Note kind="warn" icon={<WarningIcon />}>
          {warnings.map((warning) => (
            <p key={warning} dir="auto">
              {warning}
            </p>
          ))}
        </Note>
      )}
    </>
  );
}

function Fact({
  name,
  value,
  wide = false,
}: {
  name: string;
  value: string | string[];
  wide?: boolean;
}) {
  const lines = typeof value === "string" ? [value] : value;
  return (
    <div class={wide ? "fact fact-wide" : "fact"}>
      <dt>{name}</dt>
      {lines.map((line) => (
        <dd key={line}>{line}</dd>
      ))}
    </div>
  );
}

function picture({ video }: SourceFacts): string {
  const shown = `${video.displayWidth} × ${video.displayHeight}`;
  if (video.rotation !== 0) return t("upload.turnedBy", { shown, rotation: video.rotation });
  const stored = `${video.width} × ${video.height}`;
  return stored === shown ? shown : t("upload.storedAs", { shown, stored });
}

function videoCodec({ video }: SourceFacts): string {
  const depth = video.bitDepth > 8 ? t("upload.bit", { bitDepth: video.bitDepth }) : "";
  const range =
    video.transfer === "sdr" ? "" : t("upload.hdr", { transfer: video.transfer.toUpperCase() });
  return codecName(video.codec) + depth + range;
}

function sound(track: AudioFacts): string {
  const name = [languageName(track.language), track.title].filter(Boolean).join(t("ui.comma"));
  const kilohertz = track.sampleRate / 1000;
  const format = t("upload.khz", {
    codec: codecName(track.codec),
    channels: channelsName(track.channels),
    kilohertz,
  });
  return name === "" ? format : `${name}: ${format}`;
}

function subtitles({ language, title }: SubtitleFacts): string {
  return (
    [languageName(language), title].filter(Boolean).join(t("ui.comma")) ||
    t("upload.languageUnknown")
  );
}

/** Sentences on what will be done to the picture besides encoding it, in plain words. */
function treatment({ source: { video }, remuxed }: Inspection): string[] {
  const notes: string[] = [];
  if (remuxed) notes.push(t("upload.thisFormatIsRepackedFirst"));
  if (video.interlaced) notes.push(t("upload.theInterlacedPictureIsDeinterlaced"));
  if (video.frameStep > 1) {
    const kept = formatFrameRate(video.frameRate / video.frameStep);
    notes.push(t("upload.oneInFramesIsKept", { frameStep: video.frameStep, kept }));
  }
  return notes;
}
