import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MANUAL_FILE, manualOf, SCHEMA_FILE } from './config-docs.mjs';

describe('docs/configuration.md', () => {
  it('is made of the published JSON Schema; else run: node scripts/config-docs.mjs', async () => {
    const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
    expect(readFileSync(MANUAL_FILE, 'utf8')).toBe(await manualOf(schema));
  });

  it('has every option of a section, also those that belong to one kind of thing only', async () => {
    const choice = {
      oneOf: [
        { properties: { type: { const: 'a' }, x: { type: 'boolean', description: 'X.' } } },
        {
          properties: {
            type: { const: 'b' },
            y: { type: 'array', items: { type: 'string' }, description: 'Y.' },
          },
        },
      ],
    };
    const manual = await manualOf({
      properties: { things: { description: 'Things.', type: 'array', items: choice } },
    });
    for (const part of ['## `things`', '`things[].x`', '`things[].y`', 'list of text']) {
      expect(manual).toContain(part);
    }
  });
});
