declare module "@adobe/structured-data-validator" {
  export default class Validator {
    /** @param data by format, such as "jsonld", and type */
    validate(
      data: Record<string, Record<string, unknown[]>>,
    ): Promise<{ severity: "ERROR" | "WARNING"; issueMessage: string }[]>;
  }
}
