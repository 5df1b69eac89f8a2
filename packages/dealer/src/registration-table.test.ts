import { describe, expect, it } from 'vitest';
import { RegistrationTable } from './registration-table.js';

describe('RegistrationTable', () => {
  it('ids count up and are never used again', () => {
    const table = new RegistrationTable();
    const first = table.create('a', 'exact', 'single', false, 0);
    table.delete(first);
    const second = table.create('a', 'exact', 'single', false, 0);
    expect([first.id, second.id]).toEqual([1, 2]);
    expect(table.get(1)).toBeUndefined();
    expect(table.size).toBe(1);
  });

  it('a pattern of the reserved names matches reserved names only, and the other way round', () => {
    const table = new RegistrationTable();
    const reserved = table.create('wamp', 'prefix', 'single', true, 0);
    const ordinary = table.create('', 'prefix', 'single', false, 0);
    expect(table.match('wamp')).toBe(reserved);
    expect(table.match('wamp.x')).toBe(reserved);
    expect(table.match('wampx')).toBe(ordinary);
    table.delete(reserved);
    expect(table.match('wamp.x')).toBeUndefined();
    expect(table.list('prefix')).toEqual([ordinary]);
  });
});
