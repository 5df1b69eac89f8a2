/** The cases that every Transport must pass, whatever it is made of. */
import type { Transport, TransportClosed } from '@wamp/protocol';
import { afterEach, describe, expect, it } from 'vitest';

/** Records what a transport tells its receiver. */
export class RecordingReceiver {
  readonly frames: Uint8Array[] = [];
  readonly violations: string[] = [];
  readonly closures: TransportClosed[] = [];
  drains = 0;
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];

  receive(frame: Uint8Array): void {
    this.frames.push(Uint8Array.from(frame));
    this.#wake();
  }
  violated(sentence: string): void {
    this.violations.push(sentence);
    this.#wake();
  }
  drained(): void {
    this.drains += 1;
    this.#wake();
  }
  closed(how: TransportClosed): void {
    this.closures.push(how);
    this.#wake();
  }

  get texts(): string[] {
    return this.frames.map((frame) => Buffer.from(frame).toString());
  }

  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isDone, resolve }));
  }
  frameCount(count: number): Promise<void> {
    return this.until(() => this.frames.length >= count);
  }
  end(): Promise<void> {
    return this.until(() => this.closures.length > 0);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ isDone }) => !isDone());
    for (const { isDone, resolve } of waiting) if (isDone()) resolve();
  }
}

export interface TransportPair {
  readonly near: Transport;
  readonly far: Transport;
  readonly close: () => Promise<void>;
}

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param closesCleanly false for a transport that cannot tell an orderly end from a lost link */
export function transportCases(
  name: string,
  makePair: () => Promise<TransportPair>,
  closesCleanly = true,
): void {
  describe(`${name}: the cases of every transport`, () => {
    let pair: TransportPair;
    const opened = async (): Promise<[Transport, RecordingReceiver, Transport, RecordingReceiver]> => {
      pair = await makePair();
      const nearSide = new RecordingReceiver();
      const farSide = new RecordingReceiver();
      pair.near.open(nearSide);
      pair.far.open(farSide);
      return [pair.near, nearSide, pair.far, farSide];
    };
    afterEach(() => pair.close());

    it('delivers frames whole and in order, both ways', async () => {
      const [near, nearSide, far, farSide] = await opened();
      const sent = Array.from({ length: 500 }, (_, i) => `[${i}]`);
      for (const text of sent) near.send(bytes(text));
      far.send(bytes('answer'));
      await Promise.all([farSide.frameCount(500), nearSide.frameCount(1)]);
      expect(farSide.texts).toEqual(sent);
      expect(nearSide.texts).toEqual(['answer']);
    });

    it('never delivers a frame while it is being sent', async () => {
      const [near, , , farSide] = await opened();
      near.send(bytes('later'));
      expect(farSide.frames).toHaveLength(0);
      await farSide.frameCount(1);
    });

    it('carries a frame of a megabyte', async () => {
      const [near, , , farSide] = await opened();
      near.send(Buffer.alloc(1024 * 1024, 'x'));
      await farSide.frameCount(1);
      expect(farSide.frames[0]?.length).toBe(1024 * 1024);
    });

    it('delivers nothing before it is opened, and everything then', async () => {
      pair = await makePair();
      const farSide = new RecordingReceiver();
      pair.near.open(new RecordingReceiver());
      pair.near.send(bytes('early'));
      await turn();
      pair.far.open(farSide);
      await farSide.frameCount(1);
      expect(farSide.texts).toEqual(['early']);
    });

    it('flushes what was sent before it closes, and tells both sides once', async () => {
      const [near, nearSide, , farSide] = await opened();
      for (let i = 0; i < 100; i++) near.send(bytes(String(i)));
      near.close('normal', 'done');
      near.close('policy', 'again');
      await Promise.all([farSide.end(), nearSide.end()]);
      await turn();
      expect(farSide.frames).toHaveLength(100);
      expect(farSide.closures).toHaveLength(1);
      expect(nearSide.closures).toHaveLength(1);
      if (closesCleanly) expect(farSide.closures[0]?.wasClean).toBe(true);
    });

    it('tells both sides once when it is cut, and that it was not clean', async () => {
      const [near, nearSide, , farSide] = await opened();
      near.terminate('too slow');
      near.terminate('too slow');
      await Promise.all([farSide.end(), nearSide.end()]);
      expect(nearSide.closures).toEqual([{ wasClean: false, reason: 'too slow' }]);
      expect(farSide.closures.map(({ wasClean }) => wasClean)).toEqual([false]);
    });

    it('ignores everything after the end', async () => {
      const [near, nearSide, , farSide] = await opened();
      near.close('normal');
      await Promise.all([farSide.end(), nearSide.end()]);
      near.send(bytes('too late'));
      near.pause();
      near.resume();
      near.close('normal');
      near.terminate('again');
      await turn();
      expect(farSide.frames).toHaveLength(0);
      expect(nearSide.closures).toHaveLength(1);
    });

    it('holds frames back while it is paused, and delivers all of them afterwards', async () => {
      const [near, , far, farSide] = await opened();
      far.pause();
      await turn();
      near.send(bytes('first'));
      await turn();
      const whilePaused = farSide.frames.length;
      far.resume();
      near.send(bytes('second'));
      await farSide.frameCount(2);
      expect(whilePaused).toBe(0);
      expect(farSide.texts).toEqual(['first', 'second']);
    });

    it('counts what waits for a peer that does not read, and reports when it is gone', async () => {
      const [near, nearSide, far, farSide] = await opened();
      far.pause();
      await turn();
      const chunk = Buffer.alloc(256 * 1024);
      let sent = 0;
      while (near.bufferedBytes < 4 * 1024 * 1024 && sent < 400) {
        near.send(chunk);
        sent += 1;
        await turn();
      }
      expect(near.bufferedBytes).toBeGreaterThanOrEqual(4 * 1024 * 1024);
      far.resume();
      await farSide.frameCount(sent);
      await nearSide.until(() => nearSide.drains > 0);
      expect(near.bufferedBytes).toBe(0);
    });

    it('answers a probe: alive, and not alive after the end', async () => {
      const [near, nearSide] = await opened();
      if (near.probe === undefined) return;
      const ask = (): Promise<boolean> => new Promise((resolve) => near.probe?.(10_000, resolve));
      expect(await Promise.all([ask(), ask()])).toEqual([true, true]);
      near.terminate('gone');
      await nearSide.end();
      expect(await ask()).toBe(false);
    });
  });
}
