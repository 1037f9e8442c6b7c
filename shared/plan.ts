/** One rung of a ladder, as people write it: "480:1400". */
export interface LadderRung {
  /** Of the short side: 480 is 480p, whichever way the picture is turned. */
  shortSide: number;
  kilobitsPerSecond: number;
}
