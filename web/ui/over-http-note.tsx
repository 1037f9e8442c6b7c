import { InfoIcon } from "./icons.tsx";
import { Note } from "./page-frame.tsx";

/** Shown while a tab's connection goes over HTTP requests. */
export function OverHttpNote() {
  return (
    <Note kind="info" icon={<InfoIcon />}>
      <p>
        <b>A proxy or a firewall blocks the usual connection (WebSocket).</b> The work goes on over
        plain requests, which is a little slower.
      </p>
    </Note>
  );
}
