// npm run build: the production build, whether or not anything changed.
import { build } from "./server.ts";

await build();
