import type { Hono } from "hono";
import { generateSpecs } from "hono-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { TAGS } from "./describe.ts";
import { namedSchemas } from "./schemas.ts";

/** The OpenAPI 3.1 document, made from the routes' descriptions and the schemas that parse requests. */
export async function openApiDocument(app: Hono<AppEnv>, origin: string) {
  return generateSpecs(app, {
    // The routes' descriptions already have the errors for invalid requests.
    defaultValidationErrorResponse: false,
    documentation: {
      info: {
        title: "Tributary",
        version: "1",
        summary: "Turns videos into adaptive HLS.",
        description: DESCRIPTION.replaceAll("ORIGIN", origin),
      },
      servers: [{ url: origin }],
      tags: TAGS.map((name) => ({ name })),
      components: {
        schemas: namedSchemas(),
        securitySchemes: {
          owner: {
            type: "http",
            scheme: "bearer",
            description: "The `ownerToken` of the job's creation.",
          },
          operator: {
            type: "http",
            scheme: "bearer",
            description: "The site's ADMIN_TOKEN, where its operator has set one.",
          },
          helper: {
            type: "http",
            scheme: "bearer",
            description: "What stands behind the `#` of a helper link's `joinUrl`.",
          },
          pool: {
            type: "http",
            scheme: "bearer",
            description: "What stands behind the `#` of one of a pool's links.",
          },
          create: {
            type: "http",
            scheme: "bearer",
            description: "The site's CREATE_TOKEN, where `GET /api/site` says that there is one.",
          },
        },
      },
    },
  });
}

const DESCRIPTION = `For programs that make videos. Tokens go into \`Authorization: Bearer …\`. Errors are
problem details (RFC 9457) whose \`code\` programs look at. Times are milliseconds since the epoch; media
times are ticks of 1/90,000 s.

## A video, call by call

\`\`\`sh
# 1. Say what comes.
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
curl --no-buffer ORIGIN/api/jobs/ID/events

# 5. Say what it is, also while it is being made, and who may find it.
curl --request PATCH ORIGIN/api/videos/ID --oauth2-bearer OWNER_TOKEN \\
  --json '{"title": "Lesson 3", "description": "Halves and quarters.", "visibility": "listed"}'

# Or: for those alone who have a link, which ends after a day.
curl --request PATCH ORIGIN/api/videos/ID --oauth2-bearer OWNER_TOKEN --json '{"visibility": "private"}'
curl ORIGIN/api/videos/ID/links --oauth2-bearer OWNER_TOKEN --json '{"expiresInMinutes": 1440}'
# {"watchUrl": "…", "masterUrl": "…", …}
\`\`\`
`;
