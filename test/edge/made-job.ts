import type { JobPlan } from "../../shared/job/job.ts";
import type { OutputFacts } from "../../shared/wire/lease.ts";

/** A small video's plan, and every task of it made for real: what a scripted holder has to offer. */
export interface MadeJob {
  plan: JobPlan;
  /** By task id. */
  outputs: Record<string, MadeOutput[]>;
  /** Outputs that fit the plan in everything but their pictures: black ones, and other segments'. */
  lies: Record<"black" | "shifted", Record<string, MadeOutput[]>>;
  /** Outputs of the audio tasks that fit the plan in everything but what is heard. */
  falseSounds: Record<FalseSound, Record<string, MadeOutput[]>>;
}

export type FalseSound = "silence" | "another tone" | "50 ms late" | "half as loud";

/** The bytes in base64, so that they may travel from one runtime to another. */
export interface MadeOutput extends OutputFacts {
  base64: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** By test/setup/made-job.ts. */
    madeJob: MadeJob;
  }
}
