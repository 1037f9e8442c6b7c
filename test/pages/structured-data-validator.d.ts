declare module "@adobe/structured-data-validator" {
  export default class Validator {
    /** @param data objects by format, such as "jsonld", and by type */
    validate(
      data: Record<string, Record<string, unknown[]>>,
    ): Promise<{ severity: "ERROR" | "WARNING"; issueMessage: string }[]>;
  }
}
