import type { Component, Plugin, System } from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { t } from "../../words/words.ts";

/**
 * Layout of swagger-ui as a page to read, without forms to send requests. It corrects faults of swagger-ui's own layout
 * for people who use a keyboard or a screen reader.
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
      // No link inside the button that opens an operation: a keyboard cannot reach both.
      DeepLink:
        () =>
        ({ text }) =>
          createElement("span", null, text),
      // No fields for parameters of requests.
      JsonSchemaForm: nothing,
      authorizeOperationBtn: nothing,
    },
  };
}
