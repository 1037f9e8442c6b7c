import { signal } from "@preact/signals";
import { render } from "preact";
import { REAL_CLOCK } from "../../../shared/clock.ts";
import { ContributePage } from "../../../web/pages/contribute/contribute-page.tsx";
import { HelpLimits } from "../../../web/pages/contribute/help-limits.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./contribute-states.ts";
import { calls, noted, root, speak } from "./stage.ts";

export { calls, speak };

/** Shows the page behind a contributor link. */
export function showContribute(name: ContributeStateName): void {
  const state = signal(CONTRIBUTE_STATES[name]);
  render(
    <ContributePage
      key={name}
      state={state}
      limits={new HelpLimits(state, noted("pause"), REAL_CLOCK)}
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
