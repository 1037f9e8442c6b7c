import { expect, test } from "vitest";
import { EXAMPLES } from "../../edge/openapi/examples.ts";
import { NAMED_SCHEMAS } from "../../edge/openapi/schemas.ts";

// The API's document has an example of every body and every answer. Each has to be valid.

test.each(Object.entries(NAMED_SCHEMAS))(
  "%s has an example that is taken as it stands",
  (name, schema) => {
    const own = schema.meta()?.["examples"] as unknown[] | undefined;
    const examples = [...(own ?? []), ...(name in EXAMPLES ? [EXAMPLES[name]] : [])];
    expect(examples).toHaveLength(1);
    for (const example of examples) expect(schema.parse(example)).toMatchObject(example as object);
  },
);

test("there is no example of something else", () => {
  expect(Object.keys(EXAMPLES).filter((name) => !(name in NAMED_SCHEMAS))).toEqual([]);
});
