import { signal } from "@preact/signals";
import { t } from "../../words/words.ts";

type Wish = "unasked" | "wanted" | "refused";

const wish = signal<Wish>(
  isPossible() && Notification.permission !== "denied" ? "unasked" : "refused",
);

/** Offers a notification while a video is being made. The browser asks for permission only at the click. */
export function TellWhenReady() {
  if (wish.value === "refused") return null;
  if (wish.value === "wanted") {
    return (
      <p class="hint" role="status">
        {t("upload.tell.wanted")}
      </p>
    );
  }
  const ask = async () => {
    const permission = await Notification.requestPermission();
    wish.value = permission === "granted" ? "wanted" : "refused";
  };
  return (
    <button type="button" class="link-button" onClick={() => void ask()}>
      {t("upload.tell.ask")}
    </button>
  );
}

/** Shows a notification where the person wanted one and the page is hidden. */
export async function tellIfWished(name: string, isReady: boolean): Promise<void> {
  if (wish.peek() !== "wanted" || !document.hidden) return;
  const title = isReady ? t("upload.tell.ready") : t("upload.tell.failed");
  const options = { body: name, tag: "tributary-end", icon: "/icon-192.png", silent: true };
  // Phones show only notifications of service workers.
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) {
    await registration.showNotification(title, options);
    return;
  }
  const shown = new Notification(title, options);
  shown.onclick = () => window.focus();
}

function isPossible(): boolean {
  return "Notification" in globalThis && window.isSecureContext;
}
