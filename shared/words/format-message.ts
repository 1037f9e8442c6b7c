import format, { type CompiledMessage, type FormatValues } from "icu-minify/format";

/** Values of a message's arguments, and a function for each of its tags. */
export type Values<Element = never> = FormatValues<Element>;

const OPTIONS = {
  formatters: {
    getNumberFormat: cached(
      (locale, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
    ),
    getDateTimeFormat: cached(
      (locale, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
    ),
    getPluralRules: cached(
      (locale, options?: Intl.PluralRulesOptions) => new Intl.PluralRules(locale, options),
    ),
  },
  formats: {
    date: { medium: { dateStyle: "medium" }, full: { dateStyle: "medium", timeStyle: "short" } },
  },
} as const;

/**
 * A compiled ICU message with its values. In languages that are written from right to left, names and other texts
 * are set apart (Unicode's isolates), or their own direction would mix up the sentence.
 */
export function formatMessage<Element = never>(
  message: CompiledMessage,
  locale: string,
  values: Values<Element> = {},
  direction: "ltr" | "rtl" = "ltr",
): string | Element | (string | Element)[] {
  const given = direction === "rtl" ? isolated(values) : values;
  return format<Element | string>(message, locale, given as Values<Element | string>, OPTIONS) as
    | string
    | Element
    | (string | Element)[];
}

function isolated<Element>(values: Values<Element>): Values<Element> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? `\u2068${value}\u2069` : value,
    ]),
  ) as Values<Element>;
}

/** `Intl`'s objects are expensive to make. */
function cached<Options, Made>(
  make: (locale?: string, options?: Options) => Made,
): (locale?: Intl.LocalesArgument, options?: Options) => Made {
  const made = new Map<string, Made>();
  return (locale, options) => {
    const key = `${locale} ${JSON.stringify(options)}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(String(locale), options);
    made.set(key, fresh);
    return fresh;
  };
}
