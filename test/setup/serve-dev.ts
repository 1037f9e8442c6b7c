import { serve } from "./serve.ts";

/** For tests of single modules: `page.evaluate(() => import("/encoder/pool.ts"))`. */
export const setup = serve("dev");
