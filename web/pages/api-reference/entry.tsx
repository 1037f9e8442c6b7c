import { render } from "preact";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { PageFrame } from "../../ui/page-frame.tsx";
import "../../ui/style.css";
import "./api-reference.css";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords } from "../../words/words.ts";
import { readingLayout } from "./layout.ts";

const REFERENCE_ID = "reference";

await loadWords(PAGE_WORDS.reference);
followColourScheme();
render(
  <PageFrame>
    <h1>API</h1>
    <div id={REFERENCE_ID} />
  </PageFrame>,
  document.getElementById("page") as HTMLElement,
);
SwaggerUI({
  url: "/api/openapi.json",
  domNode: document.getElementById(REFERENCE_ID) as HTMLElement,
  deepLinking: true,
  layout: "ReadingLayout",
  supportedSubmitMethods: [],
  syntaxHighlight: { activated: false },
  plugins: [readingLayout],
});

/** Sets swagger-ui's class for the dark colour scheme, and follows its changes. */
function followColourScheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", apply);
  apply();
}
