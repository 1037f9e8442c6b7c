import { type Notice, noticesOf } from "../../shared/job/notice.ts";
import { currentLanguage, t } from "../words/words.ts";
import { formatClock } from "./format.ts";

/**
 * Text of a notice for people. In English it is the notice's own message, with its figures; other languages have one
 * text for each code.
 */
function noticeText({ code, message, atSeconds }: Notice): string {
  if (code === "OTHER" || currentLanguage() === "en") return message;
  const notice = t(`notices.${code}`);
  return atSeconds === null ? notice : t("notices.at", { notice, time: formatClock(atSeconds) });
}

/** Texts of the notices and warnings of sources, jobs and the like; each text once. */
export function noticeTexts(
  ...of: readonly ({
    warnings?: readonly string[];
    notices?: readonly Notice[] | undefined;
  } | null)[]
): string[] {
  const all = of.flatMap((each) =>
    noticesOf({ warnings: each?.warnings ?? [], notices: [...(each?.notices ?? [])] }),
  );
  return [...new Set(all.map(noticeText))];
}
