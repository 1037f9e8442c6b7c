import type { AudioFacts, SourceFacts, SubtitleFacts } from "../../../shared/job/job.ts";
import type { Inspection } from "../../owner/owner-api.ts";
import {
  channelsName,
  codecName,
  containerName,
  formatBytes,
  formatFrameRate,
  formatLength,
  languageName,
} from "../../ui/format.ts";
import { InfoIcon, WarningIcon } from "../../ui/icons.tsx";
import { Note } from "../../ui/page-frame.tsx";

/** What was found in the picked file. */
export function FoundFacts({ inspection: { source } }: { inspection: Inspection }) {
  const { video } = source;
  const texts = (source.subtitles ?? []).filter(({ isText }) => isText);
  return (
    <section aria-label="What was found">
      <dl class="facts">
        <Fact wide name="File" value={source.name} />
        <Fact name="Duration" value={formatLength(source.durationTicks)} />
        <Fact name="Size" value={formatBytes(source.sizeBytes)} />
        <Fact name="Format" value={containerName(source.container)} />
        <Fact name="Picture" value={picture(source)} />
        <Fact name="Frame rate" value={formatFrameRate(video.frameRate)} />
        <Fact name="Video codec" value={videoCodec(source)} />
        <Fact
          wide
          name={source.audio.length > 1 ? `Sound (${source.audio.length} tracks)` : "Sound"}
          value={source.audio.length === 0 ? "none" : source.audio.map(sound)}
        />
        {texts.length > 0 && (
          <Fact
            wide
            name={texts.length > 1 ? `Subtitles (${texts.length} tracks)` : "Subtitles"}
            value={texts.map(subtitles)}
          />
        )}
      </dl>
    </section>
  );
}

/** Languages of the file's subtitles that are text, which go with the video. */
export function subtitlesFound({ subtitles: tracks }: SourceFacts): string[] {
  return (tracks ?? []).filter(({ isText }) => isText).map(subtitles);
}

/** What will be done to the picture, and what the file lacks. */
export function SourceNotes({ inspection }: { inspection: Inspection }) {
  const notes = treatment(inspection);
  const { warnings } = inspection.source;
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
            <p key={warning}>{warning}</p>
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
  if (video.rotation !== 0) return `${shown}, turned by ${video.rotation}°`;
  const stored = `${video.width} × ${video.height}`;
  return stored === shown ? shown : `${shown}, stored as ${stored}`;
}

function videoCodec({ video }: SourceFacts): string {
  const depth = video.bitDepth > 8 ? `, ${video.bitDepth} bit` : "";
  const range = video.transfer === "sdr" ? "" : `, HDR (${video.transfer.toUpperCase()})`;
  return codecName(video.codec) + depth + range;
}

function sound(track: AudioFacts): string {
  const name = [languageName(track.language), track.title].filter(Boolean).join(", ");
  const kilohertz = Number((track.sampleRate / 1000).toFixed(1));
  const format = `${codecName(track.codec)}, ${channelsName(track.channels)}, ${kilohertz} kHz`;
  return name === "" ? format : `${name}: ${format}`;
}

function subtitles({ language, title }: SubtitleFacts): string {
  return [languageName(language), title].filter(Boolean).join(", ") || "language unknown";
}

/** What will be done to the picture beyond encoding it, in people's words. */
function treatment({ source: { video }, remuxed }: Inspection): string[] {
  const notes: string[] = [];
  if (remuxed) notes.push("This format is repacked first, without loss, so that it can be cut.");
  if (video.interlaced) notes.push("The interlaced picture is deinterlaced.");
  if (video.frameStep > 1) {
    const kept = formatFrameRate(video.frameRate / video.frameStep);
    notes.push(
      `One in ${video.frameStep} frames is kept (${kept}), as players take at most 60 a second.`,
    );
  }
  return notes;
}
