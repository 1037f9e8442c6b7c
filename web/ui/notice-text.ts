import { type Notice, noticesOf } from "../../shared/job/notice.ts";
import { currentLanguage, t } from "../words/words.ts";
import { formatClock } from "./format.ts";

/**
 * What people read of a notice. English has the whole sentence, with its figures, from where it was found; other
 * languages have one for each code.
 */
function noticeText({ code, message, atSeconds }: Notice): string {
  if (code === "OTHER" || currentLanguage() === "en") return message;
  const notice = t(`notices.${code}`);
  return atSeconds === null ? notice : t("notices.at", { notice, time: formatClock(atSeconds) });
}

/** Those of sources, jobs and the like; each once. */
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
