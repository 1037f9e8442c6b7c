import { serve } from "./serve.ts";

/** Global setup for tests of the whole: serves the production build with its edge. */
export const setup = serve("preview");
