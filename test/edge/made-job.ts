import type { JobPlan } from "../../shared/job/job.ts";
import type { OutputFacts } from "../../shared/wire/lease.ts";

/** A small video's plan, with the real outputs of each task, for scripted holders to offer. */
export interface MadeJob {
  plan: JobPlan;
  /** By task id. */
  outputs: Record<string, MadeOutput[]>;
  /** Outputs that fit the plan but show other frames: black ones, or those of other segments. */
  lies: Record<"black" | "shifted", Record<string, MadeOutput[]>>;
  /** Outputs of the audio tasks that fit the plan but sound different. */
  falseSounds: Record<FalseSound, Record<string, MadeOutput[]>>;
}

export type FalseSound = "silence" | "another tone" | "50 ms late" | "half as loud";

/** The bytes in base64, which can be passed between runtimes. */
export interface MadeOutput extends OutputFacts {
  base64: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Provided by test/setup/made-job.ts. */
    madeJob: MadeJob;
  }
}
