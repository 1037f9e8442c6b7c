import type { Component, Plugin, System } from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { t } from "../../words/words.ts";

/**
 * swagger-ui as a page to read: no form to send requests with, and what its own layout lacks for
 * people who use a keyboard or a screen reader.
 */
export function readingLayout({ React: { createElement } }: System): Plugin {
  const nothing = (): Component => () => null;

  const ReadingLayout: Component = ({ getComponent, specSelectors }) => {
    const status = specSelectors.loadingStatus();
    if (status === "failed") {
      return createElement("p", { role: "alert" }, t("reference.theDescriptionCouldNotBe"));
    }
    if (status !== "success") return createElement("p", { role: "status" }, t("reference.loading"));
    // swagger-ui's own layout adds a second <main>.
    return createElement(
      "div",
      { className: "swagger-ui" },
      createElement(getComponent("SvgAssets"), null),
      ...["InfoContainer", "operations", "Models"].map((name) =>
        createElement(getComponent(name, true), { key: name }),
      ),
    );
  };

  return {
    components: { ReadingLayout },
    wrapComponents: {
      // A link within the button that opens an operation: no keyboard reaches both.
      DeepLink:
        () =>
        ({ text }) =>
          createElement("span", null, text),
      // Fields to fill in before a request is sent.
      JsonSchemaForm: nothing,
      authorizeOperationBtn: nothing,
    },
  };
}
