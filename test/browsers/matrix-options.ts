/** Options that select a part of the matrices: `npm run browsers -- --browser firefox --clip bbb`. */
export const MATRIX_OPTIONS = ["browser", "clip", "choice", "player", "output"] as const;
export type MatrixOption = (typeof MATRIX_OPTIONS)[number];

/** The environment variable in which the runner passes an option to the tests. */
export function variableOf(option: MatrixOption): string {
  return `TRIBUTARY_MATRIX_${option.toUpperCase()}`;
}

/** Selects the names that contain one of the option's words (separated by commas). Without the option: all names. */
export function isAsked(option: MatrixOption): (name: string) => boolean {
  const words = process.env[variableOf(option)]?.toLowerCase().split(",") ?? [""];
  return (name) => words.some((word) => name.toLowerCase().includes(word));
}
