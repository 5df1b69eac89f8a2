/**
 * The same traffic for the floors: frames of the same size through a relay that knows only who sits where. A frame is four
 * hexadecimal digits for the caller, eight for the call, and the payload.
 */
import { Channel } from '../wire/channel.js';
import type { Measurement } from './measurement.js';

export interface RelaySpec {
  readonly url: string;
  readonly isText: boolean;
  readonly bytes: number;
  readonly callers: number;
  readonly callees: number;
  readonly depth: number;
}

/** About what the heads of a CALL and the procedure take more than this. */
const HEAD = 40;
const NUMBERS = 12;

/** Joins the relay as `caller 3`, `callee 0`, `publisher 0` or `subscriber 7`. */
export async function joinRelay(url: string, role: string, index: number, isText: boolean): Promise<Channel> {
  const isRaw = url.startsWith('rs:');
  const full = isRaw ? url : `${url}${role}/${index}`;
  const channel = await Channel.open({ url: full, subprotocol: '', rawSocketId: 0, isText });
  if (isRaw) channel.send(Buffer.from(`${role} ${index}`));
  return channel;
}

export function relayFrame(bytes: number): Buffer {
  return Buffer.alloc(NUMBERS + HEAD + bytes, 'the quick brown fox ');
}

export function writeNumbers(frame: Buffer, caller: number, call: number): void {
  frame.write(caller.toString(16).padStart(4, '0'), 0, 'latin1');
  frame.write(call.toString(16).padStart(8, '0'), 4, 'latin1');
}

export async function startRelay(spec: RelaySpec, measurement: Measurement): Promise<void> {
  for (let index = 0; index < spec.callees; index += 1) {
    const channel = await joinRelay(spec.url, 'callee', index, spec.isText);
    channel.onMessage = (buffer, start, end) => {
      const at = channel.begin(end - start);
      buffer.copy(channel.out, at, start, end);
    };
  }
  const starts: (() => void)[] = [];
  for (let index = 0; index < spec.callers; index += 1) {
    const channel = await joinRelay(spec.url, 'caller', index, spec.isText);
    const frame = relayFrame(spec.bytes);
    const sentAt = new Map<number, number>();
    let last = 0;
    const call = (): void => {
      last += 1;
      writeNumbers(frame, index, last);
      sentAt.set(last, performance.now());
      channel.send(frame);
    };
    channel.onMessage = (buffer, start, end) => {
      const id = parseInt(buffer.toString('latin1', start + 4, start + NUMBERS), 16);
      writeNumbers(frame, index, id);
      if (frame.compare(buffer, start, end) !== 0) measurement.fault('a frame was changed');
      const startedAt = sentAt.get(id);
      if (startedAt === undefined) measurement.fault('a frame that was not sent');
      else measurement.finished(startedAt);
      sentAt.delete(id);
      call();
    };
    starts.push(() => {
      for (let i = 0; i < spec.depth; i += 1) call();
    });
  }
  for (const start of starts) start();
}
