import type { Task } from "../../../../shared/job/job.ts";
import type { OutputToCompare } from "../../../../shared/wire/lease.ts";
import { acceptedId, type State } from "../state/state.ts";

type AcceptedOutput = Omit<OutputToCompare, "url"> & { key: string };

/** The outputs of a done task: an init segment and all media of each rendition. */
export function acceptedOutputs(state: State, task: Task): AcceptedOutput[] {
  const inits = new Map([...state.inits.values()].map((init) => [init.key, init]));
  return task.renditions.flatMap((rendition) => {
    const media: AcceptedOutput[] = [];
    let initKey = "";
    for (let index = 0; index < task.segmentCount; index += 1) {
      const segment = task.firstSegment + index;
      const accepted = state.accepted.get(acceptedId(rendition, segment));
      if (accepted === undefined) continue;
      initKey = accepted.initKey;
      const { key, sizeBytes, sha256 } = accepted;
      media.push({ rendition, kind: "media", segment, key, sizeBytes, sha256 });
    }
    const init = inits.get(initKey);
    if (init === undefined) return media;
    const { key, sizeBytes, sha256 } = init;
    const segment = task.firstSegment;
    return [{ rendition, kind: "init", segment, key, sizeBytes, sha256 }, ...media];
  });
}
