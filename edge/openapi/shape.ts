/** The part of JSON Schema that the document's schemas use. */
interface JsonSchema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** A JSON schema as people write shapes down: `{ name: string, parts: integer[] }`, a field a line. */
export function shapeText(schema: JsonSchema, indent = ""): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((each) => shapeText(each, indent)).join(" | ");
  if (schema.type === "array") {
    const items = shapeText(schema.items ?? {}, indent);
    return items.includes(" | ") ? `(${items})[]` : `${items}[]`;
  }
  if (schema.type !== "object") return schema.type ?? "any";
  const { properties = {}, required = [], additionalProperties } = schema;
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = required.includes(name) ? "" : "?";
    return `${inner}${name}${optional}: ${shapeText(field, inner)}`;
  });
  if (typeof additionalProperties === "object") {
    fields.push(`${inner}[name]: ${shapeText(additionalProperties, inner)}`);
  }
  return `{\n${fields.join("\n")}\n${indent}}`;
}
