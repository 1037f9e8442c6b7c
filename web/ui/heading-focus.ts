import { useEffect, useRef } from "preact/hooks";

/**
 * Moves the focus to the page's heading where a new view replaces the old one, so that keyboard and screen reader begin
 * there. It does not move when the page opens, nor away from a control that still exists.
 *
 * @param view key of the present view; while it stays the same, the focus does not move
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
