/** Who stands behind a session or a call, as far as routing needs to know. */
export interface Identity {
  /** session id */
  readonly session: number;
  readonly authid: string;
  readonly authrole: string;
}
