import { render } from "preact";
import { EdgeClient } from "../../edge-client.ts";
import { requireBrowser } from "../../ui/browser-support.ts";
import { Catalogue } from "./catalogue.ts";
import { VideosPage } from "./videos-page.tsx";

requireBrowser("videos");

const catalogue = new Catalogue(new EdgeClient(location.origin));
render(<VideosPage catalogue={catalogue} />, document.getElementById("page") as HTMLElement);
void catalogue.more();
