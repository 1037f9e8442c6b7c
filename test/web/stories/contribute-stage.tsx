import { signal } from "@preact/signals";
import { render } from "preact";
import { ContributePage } from "../../../web/pages/contribute/contribute-page.tsx";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./contribute-states.ts";
import { calls, noted, root, speak } from "./stage.ts";

export { calls, speak };

/** Shows the page behind a contributor link. */
export function showContribute(name: ContributeStateName): void {
  render(
    <ContributePage
      key={name}
      state={signal(CONTRIBUTE_STATES[name])}
      name="Brave Otter"
      lowBattery={signal(false)}
      suggestedSlots={null}
      onWork={noted("work")}
      onPause={noted("pause")}
      onStop={noted("stop")}
    />,
    root(),
  );
}
