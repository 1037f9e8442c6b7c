import { languageName as nameOfLanguage } from "../../shared/job/language.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { currentLocale, t } from "../words/words.ts";

/** Formats figures for people, in the page's language. */

/**
 * 1234.5 -> "1,234.5" in English.
 * @param places most digits after the decimal point; with `fixed` always so many
 */
export function formatNumber(value: number, places = 0, fixed = false): string {
  return new Intl.NumberFormat(currentLocale(), {
    maximumFractionDigits: places,
    ...(fixed && { minimumFractionDigits: places }),
  }).format(value);
}

/** `4139823` -> "4.1 MB" (decimal units, as browsers and file managers show them). */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return t("ui.bytes", { count: Math.round(sizeBytes) });
  const units = ["kilobyte", "megabyte", "gigabyte", "terabyte"];
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const places = value < 9.95 ? 1 : 0;
  return new Intl.NumberFormat(currentLocale(), {
    style: "unit",
    unit: units[unit],
    unitDisplay: "short",
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(value);
}

/** Clock time: 65 s -> "1:05", 3,723 s -> "1:02:03". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const [h, m, s] = [hours, minutes, whole % 60].map((value, index) =>
    digits(value, index === 2 || (index === 1 && hours > 0) ? 2 : 1),
  );
  return hours > 0 ? `${h}:${m}:${s}` : `${m}:${s}`;
}

function digits(value: number, least: number): string {
  return new Intl.NumberFormat(currentLocale(), {
    minimumIntegerDigits: least,
    useGrouping: false,
  }).format(value);
}

/** A time in a video with fractions of a second: 65.25 s -> "1:05.3" with one digit, "1:05.250" with three. */
export function formatMoment(seconds: number, fractionDigits: number): string {
  const units = 10 ** fractionDigits;
  const all = Math.round(seconds * units);
  const minutes = Math.floor(all / units / 60);
  const rest = new Intl.NumberFormat(currentLocale(), {
    minimumIntegerDigits: 2,
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  }).format(all / units - 60 * minutes);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${digits(minutes, 1)}:${rest}`;
  return `${digits(hours, 1)}:${digits(minutes % 60, 2)}:${rest}`;
}

/** Length of a video: under a minute such as "30.0 s", else as clock time. */
export function formatLength(durationTicks: number): string {
  const seconds = durationTicks / TICKS_PER_SECOND;
  return seconds < 60
    ? t("ui.seconds", { value: formatNumber(seconds, 1, true) })
    : t("ui.minutes", { value: formatClock(seconds) });
}

/** A waiting time, rounded so that the countdown does not jump: "5 s", "40 s", "3 min", "1 h 20 min". */
export function formatWait(seconds: number): string {
  if (seconds < 90) {
    const whole = seconds < 10 ? Math.max(1, Math.ceil(seconds)) : Math.ceil(seconds / 5) * 5;
    return t("ui.seconds", { value: formatNumber(whole) });
  }
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return t("ui.minutes", { value: formatNumber(minutes) });
  return t("ui.hoursAndMinutes", {
    hours: formatNumber(Math.floor(minutes / 60)),
    minutes: formatNumber(minutes % 60),
  });
}

/** A speed in media seconds per second: "0.8×", "12×". */
export function formatSpeed(speed: number): string {
  return `${speed < 9.95 ? formatNumber(speed, 1, true) : formatNumber(speed)}×`;
}

/** A share as percent, rounded down, so that 100 % means all of it. */
export function formatPercent(share: number): string {
  const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100);
  return t("ui.percent", { value: formatNumber(percent) });
}

export function formatBitrate(bitsPerSecond: number): string {
  return bitsPerSecond < 999_500
    ? t("ui.kilobits", { value: formatNumber(bitsPerSecond / 1000) })
    : t("ui.megabits", { value: formatNumber(bitsPerSecond / 1_000_000, 1, true) });
}

/** A frame rate such as 24, 23.98 or 29.97, with at most two decimals. */
export function formatFrameRate(framesPerSecond: number): string {
  return t("ui.frameRate", { value: formatNumber(framesPerSecond, 2) });
}

/** @param atMs milliseconds since 1970 */
export function formatDate(atMs: number): string {
  return new Date(atMs).toLocaleDateString(currentLocale(), { dateStyle: "medium" });
}

/** @param atMs milliseconds since 1970 */
export function formatDateTime(atMs: number): string {
  return new Date(atMs).toLocaleString(currentLocale(), {
    dateStyle: "medium",
    timeStyle: "short",
  });
}

/** Name of a BCP 47 tag in the page's language, such as "German"; null where the language is not known. */
export function languageName(language: string): string | null {
  return nameOfLanguage(language, currentLocale());
}

/**
 * The name of a track of audio or captions. One that was made of its language ("German", "German (2)"), or that says
 * only what it is, is said in the page's language; one that a person wrote stays.
 * @param language BCP 47; "und" where it is not known
 * @param kind what a track is called that has neither a name nor a language, in the page's language
 */
export function trackName(name: string, language: string, kind: string): string {
  const [, made = name, number = ""] = /^(.*?)( \(\d+\))?$/s.exec(name) ?? [];
  if (made === nameOfLanguage(language)) return `${languageName(language) ?? made}${number}`;
  const [unnamed, place] = /^(?:Audio (\d+)|Subtitles)$/.exec(made) ?? [];
  if (unnamed === undefined) return name;
  return `${place === undefined ? kind : `${kind} ${formatNumber(Number(place))}`}${number}`;
}

/** Name of the speaker layout with this number of channels. */
export function channelsName(channels: number): string {
  switch (channels) {
    case 1:
      return t("ui.mono");
    case 2:
      return t("ui.stereo");
    case 6:
      return t("ui.surround", { kind: "5.1" });
    case 8:
      return t("ui.surround", { kind: "7.1" });
    default:
      return t("ui.channels", { count: channels });
  }
}
