import type { Page } from "playwright";

/** Words that are the same in all languages, and those of the fixtures. */
const NAMES =
  /Tributary|ADMIN_TOKEN|API|English|Deutsch|HLS|DASH|QR|MP4|JavaScript|WebAssembly|x264|AAC|https?:\S+|\S+\.(?:mp4|srt|vtt|ass)|\b(?:kbit|Mbit)\b/g;

/**
 * Texts of a page in Arabic that are in Latin letters: seen, or said by names of elements. What people wrote
 * (`names`) and code does not count.
 */
export async function latinTexts(page: Page, names: readonly string[]): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const found: string[] = [document.title];
    for (const element of document.querySelectorAll("*")) {
      if (element.closest("script, style, code, noscript, .error-card details, [lang]:not(html)"))
        continue;
      for (const name of ["aria-label", "alt", "title", "placeholder", "aria-valuetext"]) {
        found.push(element.getAttribute(name) ?? "");
      }
      for (const node of element.childNodes) {
        if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent ?? "");
      }
    }
    return found;
  });
  const isLatin = (text: string) => {
    const rest = names
      .reduce((left, name) => left.replaceAll(name, ""), text)
      .replaceAll(NAMES, "");
    return /\p{Script=Latin}{3}/u.test(rest);
  };
  return [...new Set(texts.filter(isLatin).map((text) => text.trim().slice(0, 120)))];
}
