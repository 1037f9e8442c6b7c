import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";
import { LANGUAGES } from "../../shared/words/language.ts";

const ADDRESS = "/tributary-upload.js";

/**
 * Builds the script that other sites load, at an address without a hash. It is a separate build, because the code
 * before every chunk of the pages (`page-headers.ts`) must not run on somebody else's page.
 */
export function uploadElement(entry: string): Plugin {
  return {
    name: "tributary:upload-element",
    async generateBundle() {
      if (this.environment.name !== "client") return;
      const source = await built(entry);
      this.emitFile({ type: "asset", fileName: ADDRESS.slice(1), source });
    },
    configureServer(server) {
      server.middlewares.use(ADDRESS, (_request, response, next) => {
        built(entry).then((source) => {
          response.setHeader("content-type", "text/javascript");
          response.setHeader("access-control-allow-origin", "*");
          response.end(source);
        }, next);
      });
    },
  };
}

/** By language. */
function labels(): Record<string, string> {
  const labelIn = (language: string) => {
    const path = new URL(`../../edge/pages/words/${language}.json`, import.meta.url);
    return JSON.parse(readFileSync(fileURLToPath(path), "utf8"))["frame.label"];
  };
  return Object.fromEntries(
    Object.keys(LANGUAGES).map((language) => [language, labelIn(language)]),
  );
}

async function built(entry: string): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: "error",
    define: { FRAME_LABELS: JSON.stringify(labels()) },
    build: { write: false, target: "es2022", lib: { entry, formats: ["es"] } },
  });
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((each) =>
    "output" in each ? each.output : [],
  );
  const [chunk] = outputs.filter((each) => each.type === "chunk");
  if (chunk === undefined) throw new Error("The element was not built.");
  return chunk.code;
}
