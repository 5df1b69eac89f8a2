/** The JSON Schema of the configuration file, for editors: made of the same schema that checks it. */
import { z } from 'zod';
import { CONFIG } from './config-schema.js';

/** A reference may stand wherever a number or a truth value belongs; see config-references.ts. */
const REFERENCE = { type: 'string', pattern: '^\\$\\{' };

/** @returns a JSON Schema (draft 2020-12) as data */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(CONFIG, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema['secret'];
      const { type } = jsonSchema;
      if (type !== 'integer' && type !== 'boolean') return;
      const { description, default: fallback, ...plain } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, {
        ...(description === undefined ? {} : { description }),
        ...(fallback === undefined ? {} : { default: fallback }),
        anyOf: [plain, REFERENCE],
      });
    },
  });
  return {
    ...schema,
    title: 'wamp-router configuration',
    description: 'Configuration of the WAMP router `wamp-router`, in YAML or JSON.',
  };
}
