/** Why the file of a store cannot be used, in a sentence for whoever runs the router. */

/**
 * - `in_use`: another process, or this one, has the store open
 * - `foreign`: the file is not one of a store
 * - `newer`: a newer version of this package has made it
 * - `corrupt`: it is damaged
 * - `inaccessible`: the operating system refuses something
 */
export type EventStoreFileFault = 'in_use' | 'foreign' | 'newer' | 'corrupt' | 'inaccessible';

export class EventStoreFileError extends Error {
  override readonly name = 'EventStoreFileError';
  readonly fault: EventStoreFileFault;
  readonly path: string;

  constructor(fault: EventStoreFileFault, path: string, sentence: string, cause?: unknown) {
    super(`${path}: ${sentence}`, cause === undefined ? undefined : { cause });
    this.fault = fault;
    this.path = path;
  }
}
