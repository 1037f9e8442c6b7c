import compile from "icu-minify/compile";
import type { Plugin } from "vite";

const WORDS = /\/words\/(?:[a-z]{2}\/)?[a-z-]+\.json$/;

/** Compiles the pages' ICU messages during the build, so that no page needs a parser. */
export function compileWords(): Plugin {
  return {
    name: "tributary:compile-words",
    enforce: "pre",
    transform: {
      filter: { id: WORDS },
      handler(code, id) {
        return { code: JSON.stringify(compileFile(code, id)), map: null };
      },
    },
  };
}

/** @throws Error where a message is not valid ICU syntax; its text names that message */
export function compileFile(json: string, name: string): Record<string, unknown> {
  const messages = JSON.parse(json) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => {
      try {
        return [key, compile(message)];
      } catch (cause) {
        throw new Error(`${name}: "${key}" is no ICU message: ${message}`, { cause });
      }
    }),
  );
}
