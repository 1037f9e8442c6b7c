import { rich } from "../words/words.ts";
import { InfoIcon } from "./icons.tsx";
import { Note } from "./page-frame.tsx";

/** Shown while a tab's connection goes over HTTP requests. */
export function OverHttpNote() {
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p>{rich("ui.aProxyOrAFirewall", { b: (inside) => <b>{inside}</b> })}</p>
    </Note>
  );
}
