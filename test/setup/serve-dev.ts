import { serve } from "./serve.ts";

/** Global setup for tests of single modules: `page.evaluate(() => import("/encoder/pool.ts"))`. */
export const setup = serve("dev");
