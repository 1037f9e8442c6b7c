/** Times as people write them: "90", "90.5", "1:30", "1:02:03", "1h2m3s". */

/** @returns seconds; null when the text is not a time */
export function parseTimeText(text: string): number | null {
  const clock = /^(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)$/.exec(text.trim());
  const named = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d{1,3})?)s?)?$/i.exec(text.trim());
  const parts = clock ?? named;
  if (parts === null || parts[0] === "") return null;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return hours * 3600 + minutes * 60 + seconds;
}

/** 65 -> "1:05", 3723.5 -> "1:02:03.5"; rounded to milliseconds. */
export function timeText(seconds: number): string {
  const thousandths = Math.round(seconds * 1000);
  const whole = Math.floor(thousandths / 1000);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = thousandths % 1000 === 0 ? "" : `.${String(thousandths % 1000).padStart(3, "0")}`;
  const last = `${String(whole % 60).padStart(2, "0")}${rest.replace(/0+$/, "")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${last}` : `${minutes}:${last}`;
}
