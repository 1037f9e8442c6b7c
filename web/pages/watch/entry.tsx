import { openVideoPage } from "./open-video-page.tsx";
import { WatchPage } from "./watch-page.tsx";

openVideoPage(WatchPage);
