/** What the command ends with, so that scripts can tell what happened. */
export const ExitCode = {
  Done: 0,
  /** the router, or the other side, answered with an error */
  Refused: 1,
  /** the command line is wrong; nothing was sent */
  Usage: 2,
  /** the router cannot be reached, did not let us in, or the connection was lost */
  NoConnection: 3,
  /** ended by SIGINT, as shells count */
  Interrupted: 130,
} as const;
