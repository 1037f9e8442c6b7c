import { serve } from "./serve.ts";

/** For tests of the whole: the production build with its edge. */
export const setup = serve("preview");
