import { useEffect, useRef } from "preact/hooks";

/**
 * Moves the focus to the page's heading where another view takes the place of the one before, so that keyboard and
 * screen reader begin there. Not at the page's start, and not away from a control that is still there.
 *
 * @param view names what is shown; where it stays the same, so does the focus
 */
export function useHeadingFocus(view: string): void {
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus();
  }, [view]);
}
