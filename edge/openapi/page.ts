import { html, raw } from "hono/html";
import { ERROR_CODES } from "../../shared/job/errors.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { jsonSchema } from "./document.ts";
import { NAMED_SCHEMAS, OPERATIONS, type Operation } from "./operations.ts";
import { shapeText } from "./shape.ts";

/** `GET /api`: the document for people. No script; the whole of it is in the page. */
export function apiPage(origin: string) {
  const shapes = Object.entries({ ...NAMED_SCHEMAS, Problem: problemSchema });
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Tributary for programs: upload a video, have it made, play it.">
<title>API · Tributary</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style>${raw(STYLE)}</style>
</head>
<body>
<div class="frame">
<header>
<a class="brand" href="/">Tributary</a>
<nav aria-label="Site"><a href="/videos">Videos</a> <a href="/api" aria-current="page">API</a></nav>
</header>
<main>
<h1>API</h1>
<p>For programs that make videos. The same as an OpenAPI 3.1 document:
<a href="/api/openapi.json">openapi.json</a>. Tokens go into
<code>Authorization: Bearer …</code>. Errors are problem details (RFC 9457,
<a href="#shape-Problem">Problem</a>); look at their <code>code</code>. Times are milliseconds since
the epoch, media times are ticks of 1/90,000 s.</p>
<h2 id="example">A video, call by call</h2>
${raw(scrollingPre("Example with curl"))}<code>${EXAMPLE.replaceAll("ORIGIN", origin)}</code></pre>
<h2 id="calls">Calls</h2>
<ul class="contents">${OPERATIONS.map(
    ({ id, method, path, summary }) =>
      html`<li><a href="#${id}"><code>${method.toUpperCase()} ${path}</code></a> <span>${summary}</span></li>`,
  )}</ul>
${OPERATIONS.map(operationSection)}
<h2 id="shapes">Shapes</h2>
<p>A question mark stands behind what may be left out. Limits are in the OpenAPI document.</p>
${shapes.map(
  ([name, schema]) => html`<section id="shape-${name}">
<h3><code>${name}</code></h3>
${raw(scrollingPre(`Shape of ${name}`))}<code>${shapeText(jsonSchema(schema))}</code></pre>
</section>`,
)}
</main>
</div>
</body>
</html>`;
}

/** Wide text scrolls by itself, with the keyboard too. */
function scrollingPre(label: string): string {
  return `<pre tabindex="0" role="region" aria-label="${label}">`;
}

function operationSection(operation: Operation) {
  const { method, path, id, summary, detail, access, body, answer, errors, query = [] } = operation;
  const bodies = body === undefined ? [] : [body].flat();
  return html`<section id="${id}">
<h3><code>${method.toUpperCase()} ${path}</code></h3>
<p>${summary}.${detail === undefined ? "" : html` ${withCode(detail)}`}</p>
<dl>
${query.map(
  ({ name, summary: says, required }) =>
    html`<dt>Query</dt><dd><code>${name}</code>: ${says}${required === true ? "" : " Optional."}</dd>`,
)}
${bodies.length > 0 ? html`<dt>Body</dt><dd>${bodies.map((name, at) => html`${at > 0 ? " or " : ""}${shapeLink(name)}`)}</dd>` : ""}
<dt>Answer</dt><dd>${answer.status}${answer.body === null ? ", no body" : html` ${answer.body === "events" ? html`events of ${shapeLink("JobCounts")}` : shapeLink(answer.body)}`}</dd>
<dt>Token</dt><dd>${ACCESS[access]}</dd>
${
  errors.length > 0
    ? html`<dt>Errors</dt><dd>${errors.map((code, at) => html`${at > 0 ? ", " : ""}<code>${code}</code> (${ERROR_CODES[code].status})`)}</dd>`
    : ""
}
</dl>
</section>`;
}

function shapeLink(name: string) {
  return html`<a href="#shape-${name}"><code>${name}</code></a>`;
}

/** Text with `code` in backticks. */
function withCode(text: string) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}

const ACCESS: Record<Operation["access"], string> = {
  anyone: "none",
  create: "the site's, where it asks for one",
  owner: "the owner's",
  "owner-optional": "the owner's shows more",
};

const EXAMPLE = `# 1. Say what comes.
curl ORIGIN/api/uploads --json \\
  '{"name": "video.mp4", "sizeBytes": 7340032}'
# {"upload": "UPLOAD", "partSizeBytes": 8388608, "partCount": 1}

# 2. Get a URL for each part, and PUT the part's bytes to it.
curl ORIGIN/api/uploads/parts --json \\
  '{"upload": "UPLOAD", "parts": [1]}'
# {"parts": [{"part": 1, "url": "URL"}]}
curl --upload-file video.mp4 --dump-header - "URL"
# etag: "ETAG"

# 3. Put the parts together.
curl ORIGIN/api/uploads/complete --json \\
  '{"upload": "UPLOAD", "parts": [{"part": 1, "etag": "ETAG"}]}'

# 4. Have the video made, and watch how it goes.
curl ORIGIN/api/jobs --json '{"source": {"upload": "UPLOAD"}}'
# {"jobId": "ID", "ownerToken": "…", "watchUrl": "…", "masterUrl": "…"}
curl --no-buffer ORIGIN/api/jobs/ID/events`;

/** The colours of web/ui/tokens.css: the Worker has no part in the pages' build. */
const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f7; --surface: #fff; --line: #d8dedd;
  --text: #14201f; --text-soft: #53605e; --accent: #0c6e6d; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1515; --surface: #171f1f;
  --line: #2b3737; --text: #e7edec; --text-soft: #a3b2b0; --accent: #5cc8c4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
.frame { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { display: flex; justify-content: space-between; }
nav { display: flex; gap: 1.25rem; }
a { color: var(--accent); text-underline-offset: .15em; }
.brand, [aria-current] { color: var(--text); text-decoration: none; }
.brand { font-size: 1.125rem; font-weight: 650; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
:target { scroll-margin-top: 1rem; }
h1 { margin: 1.5rem 0 .5rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.375rem; }
h3 { margin: .75rem 0 .25rem; font-size: 1rem; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; }
code { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em;
  overflow-wrap: anywhere; }
pre { overflow-x: auto; margin: 0; padding: 1rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--surface); }
section { border-top: 1px solid var(--line); padding: .5rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: 0; }
dt, .contents span { color: var(--text-soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.contents { margin: 0 0 1.5rem; padding: 0; list-style: none; }
.contents li { padding: .15rem 0; }
`;
