import type { Page } from "playwright";

const MOST_LINES = 200;

/**
 * Warnings and errors that a page logs from now on, newest last.
 * @param say called with each line as it comes, with `name` in front
 */
export function logOf(page: Page, name: string, say: (line: string) => void): readonly string[] {
  const log: string[] = [];
  const keep = (line: string): void => {
    say(`${name}: ${line}`);
    log.push(line);
    if (log.length > MOST_LINES) log.shift();
  };
  page.on("console", (message) => {
    if (message.type() === "warning" || message.type() === "error") keep(message.text());
  });
  page.on("pageerror", (error) => keep(error.message));
  return log;
}
