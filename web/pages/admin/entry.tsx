import { render } from "preact";
import { EdgeClient } from "../../edge-client.ts";
import { OperatorClient } from "../../operator-client.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { pageTitle } from "../../ui/page-title.ts";
import { PAGE_WORDS } from "../../words/page-words.ts";
import { loadWords } from "../../words/words.ts";
import { AdminPage } from "./admin-page.tsx";
import { Operator } from "./operator.ts";

const words = loadWords(PAGE_WORDS.admin);
requireBrowser("admin", words);

const operator = new Operator(new EdgeClient(location.origin), new OperatorClient(location.origin));
await words;
pageTitle("admin.operator");
render(<AdminPage operator={operator} />, document.getElementById("page") as HTMLElement);
void operator.open();
