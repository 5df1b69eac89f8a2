/** The error for "the port cannot be opened", with a sentence instead of a system call's name. */
import type { Place } from './binding.js';

export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** the operating system's code, for example `EADDRINUSE` */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }

  /** Puts what the operating system said into a sentence. */
  static from(error: NodeJS.ErrnoException, place: Place): ListenError {
    const code = error.code ?? 'unknown';
    const told =
      'port' in place
        ? sentence(code, place.host, place.port, error.message)
        : socketSentence(code, place.socketPath, error.message);
    return new ListenError(code, told, error);
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

function socketSentence(code: string, path: string, message: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `${path} is in use: stop the other process, or choose another path`;
    case 'EACCES':
      return `not allowed to make the socket ${path}: choose a directory that this user may write to`;
    case 'ENOENT':
      return `cannot make the socket ${path}: its directory does not exist`;
    default:
      return `cannot listen on ${path}: ${message}`;
  }
}
