import "../../ui/style.css";
import "./frame.css";
import { render } from "preact";
import { CONTEXT, type FrameMessage } from "../../element/messages.ts";
import { errorText } from "../../ui/error-texts.ts";
import { pageTitle } from "../../ui/page-title.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords } from "../../words/words.ts";

/** Page that sites get in their frame which the operator has not named. */

const CODE = "FRAME_REFUSED";

await loadWords(PAGE_WORDS.frameRefused);
pageTitle("errors.FRAME_REFUSED.title");
const { title, what, advice } = errorText(CODE);
render(
  <main class="frame-main">
    <section class="card">
      <h1>{title}</h1>
      <p>{what}</p>
      <p>{advice}</p>
    </section>
  </main>,
  document.getElementById("page") as HTMLElement,
);
const event = { name: "error", detail: { code: CODE, message: title } } as const;
const message: FrameMessage = { context: CONTEXT, type: "event", event };
// Sent to any origin: the message holds no secret, and the framing site is unknown.
if (window.parent !== window) window.parent.postMessage(message, "*");
