import { describe, expect, it } from 'vitest';
import { createTransportPair } from './memory-transport.js';
import type { Serializer } from './serializer.js';
import type { Transport, TransportClosed, TransportReceiver } from './transport.js';

/** The pair never looks into frames, so a name is all of a serializer that it needs here. */
const serializer = { format: 'json', subprotocol: 'wamp.2.json' } as Serializer;

class Recorder implements TransportReceiver {
  readonly log: string[] = [];
  onFrame: ((text: string) => void) | undefined;

  receive(frame: Uint8Array): void {
    const text = new TextDecoder().decode(frame);
    this.log.push(text);
    this.onFrame?.(text);
  }
  violated(sentence: string): void {
    this.log.push(`violated ${sentence}`);
  }
  drained(): void {
    this.log.push('drained');
  }
  closed(how: TransportClosed): void {
    this.log.push(`closed ${how.wasClean ? 'clean' : 'cut'} ${how.reason}`.trim());
  }
}

function openPair(): { one: Transport; other: Transport; atOne: Recorder; atOther: Recorder } {
  const [one, other] = createTransportPair(serializer);
  const atOne = new Recorder();
  const atOther = new Recorder();
  one.open(atOne);
  other.open(atOther);
  return { one, other, atOne, atOther };
}

const frame = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Lets every microtask run that is due, and those that they cause. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('delivery', () => {
  it('happens in order, both ways, and never inside send', async () => {
    const { one, other, atOne, atOther } = openPair();
    one.send(frame('a'));
    one.send(frame('b'));
    other.send(frame('x'));
    expect(atOther.log).toEqual([]);
    expect(atOne.log).toEqual([]);
    await settle();
    expect(atOther.log.filter((entry) => entry !== 'drained')).toEqual(['a', 'b']);
    expect(atOne.log.filter((entry) => entry !== 'drained')).toEqual(['x']);
  });

  it('needs microtasks only', async () => {
    const { one, atOther } = openPair();
    one.send(frame('a'));
    await Promise.resolve();
    expect(atOther.log).toEqual(['a']);
  });

  it('of an answer that is sent while receiving does not happen inside that send either', async () => {
    const { one, other, atOne, atOther } = openPair();
    let depth = 0;
    atOther.onFrame = (text) => {
      expect(depth).toBe(0);
      depth++;
      if (text.length < 5) other.send(frame(`${text}+`));
      depth--;
    };
    atOne.onFrame = (text) => {
      expect(depth).toBe(0);
      depth++;
      one.send(frame(`${text}-`));
      depth--;
    };
    one.send(frame('a'));
    await settle();
    expect(atOther.log.filter((entry) => entry !== 'drained')).toEqual(['a', 'a+-', 'a+-+-']);
  });

  it('keeps the order when a receiver makes its peer send more', async () => {
    const { one, atOther } = openPair();
    atOther.onFrame = (text) => {
      if (text === 'a') one.send(frame('c'));
    };
    one.send(frame('a'));
    one.send(frame('b'));
    await settle();
    expect(atOther.log).toEqual(['a', 'b', 'c']);
  });

  it('waits until the other end is open', async () => {
    const [one, other] = createTransportPair(serializer);
    one.open(new Recorder());
    one.send(frame('a'));
    await settle();
    expect(one.bufferedBytes).toBe(1);
    const late = new Recorder();
    other.open(late);
    expect(late.log).toEqual([]);
    await settle();
    expect(late.log).toEqual(['a']);
  });

  it('gives the bytes as they were when they were sent, also those of a Buffer', async () => {
    const { one, atOther } = openPair();
    for (const reused of [new Uint8Array([0x61]), Buffer.from('b')]) {
      one.send(reused);
      reused.fill(0x7a);
    }
    await settle();
    expect(atOther.log).toEqual(['a', 'b']);
  });

  it('of many frames keeps them all', async () => {
    const { one, other, atOther } = openPair();
    other.pause();
    const texts = Array.from({ length: 1000 }, (_, n) => String(n));
    for (const text of texts) one.send(frame(text));
    atOther.onFrame = (text) => {
      if (text.endsWith('7')) other.pause();
    };
    for (let round = 0; round < 101; round++) {
      other.resume();
      await settle();
    }
    expect(atOther.log).toEqual(texts);
    expect(one.bufferedBytes).toBe(0);
  });
});

describe('flow control', () => {
  it('counts what the paused peer has not taken, and says when it has', async () => {
    const { one, other, atOne, atOther } = openPair();
    other.pause();
    one.send(frame('abc'));
    one.send(frame('de'));
    expect(one.bufferedBytes).toBe(5);
    await settle();
    expect(one.bufferedBytes).toBe(5);
    expect(atOther.log).toEqual([]);
    expect(atOne.log).toEqual([]);
    other.resume();
    expect(atOther.log).toEqual([]);
    await settle();
    expect(one.bufferedBytes).toBe(0);
    expect(atOther.log).toEqual(['abc', 'de']);
    expect(atOne.log).toEqual(['drained']);
  });

  it('stops at once when the receiver pauses while receiving', async () => {
    const { one, other, atOne, atOther } = openPair();
    atOther.onFrame = () => other.pause();
    for (const text of ['a', 'b', 'c']) one.send(frame(text));
    await settle();
    expect(atOther.log).toEqual(['a']);
    expect(one.bufferedBytes).toBe(2);
    expect(atOne.log).toEqual([]);
    other.resume();
    await settle();
    expect(atOther.log).toEqual(['a', 'b']);
  });

  it('of one direction leaves the other alone', async () => {
    const { one, other, atOne } = openPair();
    other.pause();
    other.send(frame('x'));
    await settle();
    expect(atOne.log).toEqual(['x']);
    expect(one.maxSendBytes).toBe(Infinity);
  });
});

describe('the end', () => {
  it('after close comes once, on both ends, behind everything that was sent', async () => {
    const { one, atOne, atOther } = openPair();
    one.send(frame('a'));
    one.close('normal', 'done');
    one.close('policy', 'again');
    one.send(frame('too late'));
    expect([...atOne.log, ...atOther.log]).toEqual([]);
    await settle();
    expect(atOther.log).toEqual(['a', 'closed clean done']);
    expect(atOne.log).toEqual(['drained', 'closed clean done']);
    one.terminate('and again');
    one.close('normal');
    await settle();
    expect(atOther.log).toHaveLength(2);
    expect(atOne.log).toHaveLength(2);
  });

  it('names the cause if no reason was given', async () => {
    const { other, atOne } = openPair();
    other.close('protocol_violation');
    await settle();
    expect(atOne.log).toEqual(['closed clean protocol_violation']);
    const second = openPair();
    second.other.close('normal');
    await settle();
    expect(second.atOne.log).toEqual(['closed clean']);
  });

  it('after close waits for a paused peer', async () => {
    const { one, other, atOne, atOther } = openPair();
    other.pause();
    one.send(frame('a'));
    one.close('normal');
    await settle();
    expect([...atOne.log, ...atOther.log]).toEqual([]);
    other.resume();
    await settle();
    expect(atOther.log).toEqual(['a', 'closed clean']);
    expect(atOne.log).toEqual(['drained', 'closed clean']);
  });

  it('loses no frame of either side when both close', async () => {
    const { one, other, atOne, atOther } = openPair();
    one.pause();
    other.send(frame('x'));
    other.close('normal', 'other');
    one.send(frame('a'));
    one.close('normal', 'one');
    await settle();
    expect(atOther.log).toEqual(['a']);
    one.resume();
    await settle();
    expect(atOne.log).toContain('x');
    expect(atOne.log.at(-1)).toMatch(/^closed clean/);
    expect(atOther.log.at(-1)).toMatch(/^closed clean/);
  });

  it('after terminate drops what is on its way', async () => {
    const { one, other, atOne, atOther } = openPair();
    one.send(frame('a'));
    other.send(frame('x'));
    one.terminate('cut');
    expect([...atOne.log, ...atOther.log]).toEqual([]);
    expect(one.bufferedBytes).toBe(0);
    other.send(frame('y'));
    expect(other.bufferedBytes).toBe(0);
    await settle();
    expect(atOne.log).toEqual(['closed cut cut']);
    expect(atOther.log).toEqual(['closed cut cut']);
  });

  it('may come while receiving', async () => {
    const { one, other, atOne, atOther } = openPair();
    atOther.onFrame = () => other.terminate('enough');
    one.send(frame('a'));
    one.send(frame('b'));
    await settle();
    expect(atOther.log).toEqual(['a', 'closed cut enough']);
    expect(atOne.log).toEqual(['closed cut enough']);
  });

  it('does not wait for a peer that was never opened, but is waiting for it', async () => {
    const [one, other] = createTransportPair(serializer);
    const atOne = new Recorder();
    one.open(atOne);
    one.send(frame('a'));
    one.close('going_away', 'bye');
    await settle();
    expect(atOne.log).toEqual(['closed clean bye']);
    const late = new Recorder();
    other.open(late);
    await settle();
    expect(late.log).toEqual(['a', 'closed clean bye']);
    expect(atOne.log).toEqual(['closed clean bye']);
  });

  it('before open is announced after it', async () => {
    const [one, other] = createTransportPair(serializer);
    other.terminate('cut');
    const late = new Recorder();
    one.open(late);
    expect(late.log).toEqual([]);
    await settle();
    expect(late.log).toEqual(['closed cut cut']);
  });
});

describe('a pair', () => {
  it('shares serializer and information', () => {
    const [one, other] = createTransportPair(serializer, { info: { peer: 'test' } });
    for (const end of [one, other]) {
      expect(end.serializer).toBe(serializer);
      expect(end.info).toEqual({ type: 'memory', peer: 'test' });
    }
  });

  it('can be opened only once at each end', () => {
    const { one } = openPair();
    expect(() => one.open(new Recorder())).toThrow('open already');
  });
});
