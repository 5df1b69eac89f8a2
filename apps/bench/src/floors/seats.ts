/** Who sits where at a relay, and whom a frame goes to. It knows of a frame only its first four characters: the caller. */
export class Seats<Place> {
  readonly #callers = new Map<number, Place>();
  #callees: Place[] = [];
  #subscribers: Place[] = [];
  #turn = 0;

  take(role: string, index: number, place: Place): void {
    if (role === 'caller') this.#callers.set(index, place);
    else if (role === 'callee') this.#callees.push(place);
    else if (role === 'subscriber') this.#subscribers.push(place);
  }

  leave(role: string, index: number, place: Place): void {
    if (this.#callers.get(index) === place) this.#callers.delete(index);
    if (role === 'callee') this.#callees = this.#callees.filter((one) => one !== place);
    if (role === 'subscriber') this.#subscribers = this.#subscribers.filter((one) => one !== place);
  }

  /** Hands a frame to everybody whom it is for. */
  relay(role: string, frame: Buffer, start: number, send: (to: Place) => void): void {
    if (role === 'caller') {
      this.#turn = (this.#turn + 1) % this.#callees.length;
      const callee = this.#callees[this.#turn];
      if (callee !== undefined) send(callee);
    } else if (role === 'callee') {
      const caller = this.#callers.get(callerOf(frame, start));
      if (caller !== undefined) send(caller);
    } else if (role === 'publisher') for (const subscriber of this.#subscribers) send(subscriber);
  }
}

function callerOf(frame: Buffer, start: number): number {
  let caller = 0;
  for (let at = start; at < start + 4; at += 1) {
    const digit = frame[at]!;
    caller = caller * 16 + (digit >= 0x61 ? digit - 0x57 : digit - 0x30);
  }
  return caller;
}
