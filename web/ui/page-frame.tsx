import type { ComponentChildren } from "preact";
import { t } from "../words/words.ts";
import { LogoMark } from "./icons.tsx";
import { LanguageSwitch } from "./language-switch.tsx";

/** Header, main part and footer of every page. */
export function PageFrame({ children }: { children: ComponentChildren }) {
  return (
    <div class="frame">
      <header class="frame-head">
        <a class="brand" href="/">
          <LogoMark />
          <span>Tributary</span>
        </a>
        <nav class="frame-nav" aria-label={t("ui.site")}>
          <a href="/videos" aria-current={location.pathname === "/videos" ? "page" : undefined}>
            {t("ui.videos")}
          </a>
          <a href="/api" aria-current={location.pathname === "/api" ? "page" : undefined}>
            API
          </a>
        </nav>
      </header>
      <main class="frame-main" id="main">
        {children}
      </main>
      <footer class="frame-foot">
        <p>{t("ui.tributaryMakesStreamsOutOf")}</p>
        {!window.isSecureContext && <p data-over-http>{t("ui.overHttp")}</p>}
        <LanguageSwitch />
      </footer>
    </div>
  );
}

/** A note beside the main content. */
export function Note({
  kind,
  icon,
  children,
}: {
  kind: "info" | "warn" | "danger";
  icon: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class={`note note-${kind}`}>
      {icon}
      <div class="note-body">{children}</div>
    </div>
  );
}

/** Invisible text that screen readers announce when it changes. */
export function Announcement({ text }: { text: string }) {
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
