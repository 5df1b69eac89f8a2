import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasReference, ReferenceError, resolveReferences } from './config-references.js';

describe('references', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wamp-references-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const resolve = (text: string): string =>
    resolveReferences(text, { environment: { A: 'x', EMPTY: '', TRICK: '${A}' }, directory });

  it.each([
    ['plain', 'plain'],
    ['${A}', 'x'],
    ['a-${A}-${A}', 'a-x-x'],
    ['${EMPTY}', ''],
    ['${NONE:-y}', 'y'],
    ['${NONE:-}', ''],
    ['$${A}', '${A}'],
    ['$A {A}', '$A {A}'],
    // what a variable holds is text, not a further reference
    ['${TRICK}', '${A}'],
  ])('%s stands for %j', (text, value) => {
    expect(resolve(text)).toBe(value);
  });

  it('a file stands for its content without the last line break', () => {
    writeFileSync(join(directory, 'secret'), 'two\nlines\n');
    expect(resolve('${file:secret}')).toBe('two\nlines');
    expect(resolve(`\${file:${join(directory, 'secret')}}`)).toBe('two\nlines');
  });

  it.each([
    ['${NONE}', 'the environment variable NONE is not set'],
    ['${a b}', '${a b} is no reference'],
    ['${}', '${} is no reference'],
    ['${file:none}', 'cannot be read: there is no such file'],
  ])('%s is refused: %s', (text, sentence) => {
    expect(() => resolve(text)).toThrow(ReferenceError);
    expect(() => resolve(text)).toThrow(sentence);
  });

  it('are told from other text', () => {
    expect(['${A}', '$${A}', 'a $ b', '{A}'].map(hasReference)).toEqual([true, true, false, false]);
  });
});
