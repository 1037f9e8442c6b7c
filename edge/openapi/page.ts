import { html, raw } from "hono/html";
import { ERROR_CODES } from "../../shared/errors.ts";
import { OPERATIONS, type Operation } from "./operations.ts";

/** `GET /api`: the document for people. No script; the whole of it is in the page. */
export function apiPage(origin: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tributary: API</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>API</h1>
<p>For programs that make videos. The same as an OpenAPI 3.1 document:
<a href="/api/openapi.json">openapi.json</a>. Errors are problem details (RFC 9457); look at their
<code>code</code>. Tokens go into <code>Authorization: Bearer …</code>.</p>
<h2>A video in four calls</h2>
<pre><code>${EXAMPLE.replaceAll("ORIGIN", origin)}</code></pre>
<h2>Calls</h2>
${OPERATIONS.map(operationSection)}
<p><a href="/">Make a video in this browser</a> · <a href="/videos">Videos</a></p>
</main>
</body>
</html>`;
}

function operationSection({
  method,
  path,
  id,
  summary,
  detail,
  access,
  body,
  answer,
  errors,
}: Operation) {
  const bodies = body === undefined ? [] : [body].flat();
  return html`<section id="${id}">
<h3><code>${method.toUpperCase()} ${path}</code></h3>
<p>${summary}. ${detail ?? ""}</p>
<dl>
${bodies.length > 0 ? html`<dt>Body</dt><dd>${bodies.join(" or ")}</dd>` : ""}
<dt>Answer</dt><dd>${answer.status} ${answer.body ?? ""}</dd>
<dt>Token</dt><dd>${ACCESS[access]}</dd>
${
  errors.length > 0
    ? html`<dt>Errors</dt><dd>${errors.map((code) => `${code} (${ERROR_CODES[code].status})`).join(", ")}</dd>`
    : ""
}
</dl>
</section>`;
}

const ACCESS: Record<Operation["access"], string> = {
  anyone: "none",
  create: "the site's, where it asks for one",
  owner: "the owner's",
  "owner-optional": "the owner's shows more",
};

const EXAMPLE = `SIZE=$(stat -c %s video.mp4)
curl -s ORIGIN/api/uploads -H content-type:application/json -d "{\\"name\\":\\"video.mp4\\",\\"sizeBytes\\":$SIZE}"
  # -> {"upload":"…","partSizeBytes":8388608,"partCount":1}
curl -s ORIGIN/api/uploads/parts -H content-type:application/json -d '{"upload":"…","parts":[1]}'
  # -> URLs; PUT each part's bytes to its URL (curl -T) and keep the answer's ETag
curl -s ORIGIN/api/uploads/complete -H content-type:application/json -d '{"upload":"…","parts":[{"part":1,"etag":"…"}]}'
curl -s ORIGIN/api/jobs -H content-type:application/json -d '{"source":{"upload":"…"}}'
  # -> {"jobId":"…","ownerToken":"…","watchUrl":"…","masterUrl":"…"}
curl -N ORIGIN/api/jobs/…/events`;

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: .5rem; }
section { border-top: 1px solid #8886; padding: .5rem 0; }
h3 { margin: .5rem 0; font-size: 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
dt { opacity: .75; }
`;
