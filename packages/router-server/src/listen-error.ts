/** The error for "the port cannot be opened", with a sentence instead of a system call's name. */

export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** the operating system's code, for example `EADDRINUSE` */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }

  /** Puts what the operating system said into a sentence. */
  static from(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
    const code = error.code ?? 'unknown';
    return new ListenError(code, sentence(code, host, port, error.message), error);
  }
}

function sentence(code: string, host: string, port: number, message: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use: stop the other process, or choose another port (0 takes any free one)`;
    case 'EACCES':
      return `not allowed to listen on port ${port}: choose one above 1023, or run with the right to use it`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host}: use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} is not known`;
    default:
      return `cannot listen on ${host} port ${port}: ${message}`;
  }
}
