/** The part of swagger-ui-dist that the page uses; the package brings no types. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** React's `createElement`: swagger-ui brings a React of its own. */
  interface React {
    createElement(type: unknown, props: object | null, ...children: unknown[]): unknown;
  }
  interface System {
    React: React;
    getComponent(name: string, container?: boolean): unknown;
    specSelectors: { loadingStatus(): string };
  }
  type Component = (props: System & { text?: unknown }) => unknown;
  interface Plugin {
    components?: Record<string, Component>;
    wrapComponents?: Record<string, (original: unknown, system: System) => Component>;
  }
  interface Options {
    url: string;
    domNode: HTMLElement;
    deepLinking: boolean;
    layout: string;
    supportedSubmitMethods: string[];
    syntaxHighlight: { activated: boolean };
    plugins: ((system: System) => Plugin)[];
  }
  export default function SwaggerUI(options: Options): void;
  export type { Component, Plugin, System };
}
