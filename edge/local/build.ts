// npm run build: makes the production build, even if nothing has changed.
import { build } from "./server.ts";

await build();
