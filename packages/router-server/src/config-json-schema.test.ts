import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './config-json-schema.js';

describe('the published JSON Schema', () => {
  it('is the one of the schema that checks the file; else run: node scripts/config-docs.mjs', () => {
    const published = readFileSync(new URL('../wamp-router.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('lets references stand for numbers and truth values', () => {
    const { properties } = configJsonSchema() as { properties: { limits: { properties: object } } };
    expect(properties.limits.properties).toMatchObject({
      sessions: {
        default: 100_000,
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', pattern: '^\\$\\{' },
        ],
      },
    });
  });
});
