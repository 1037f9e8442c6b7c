/** Which part of the matrices is asked for: `npm run browsers -- --browser firefox --clip bbb`. */
export const MATRIX_OPTIONS = ["browser", "clip", "choice", "player", "output"] as const;
export type MatrixOption = (typeof MATRIX_OPTIONS)[number];

/** How the runner hands an option to the tests. */
export function variableOf(option: MatrixOption): string {
  return `TRIBUTARY_MATRIX_${option.toUpperCase()}`;
}

/** Whether a name holds one of the words, separated by commas, that an option has; without it all do. */
export function isAsked(option: MatrixOption): (name: string) => boolean {
  const words = process.env[variableOf(option)]?.toLowerCase().split(",") ?? [""];
  return (name) => words.some((word) => name.toLowerCase().includes(word));
}
