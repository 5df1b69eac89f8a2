/**
 * Finds its way through a zod schema: what stands at a path, which keys are known there, and all options there are.
 * Owns nothing of the configuration; knows the few kinds of schemas that it is made of.
 */
import type { z } from 'zod';

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

/** The schema without what stands around it: defaults, optionality, refinements. */
export function bare(schema: Schema): Schema {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'default':
    case 'prefault':
    case 'optional':
    case 'nullable':
      return bare(def.innerType);
    default:
      return schema;
  }
}

/**
 * The schemas that may apply to what stands at a path; several where there is a choice.
 * @param value what stands at the beginning of the path, if it is known: a `type` in it decides
 */
export function schemasAt(schema: Schema, path: Path, value?: unknown): readonly Schema[] {
  if (path.length === 0) return [schema];
  const [key, ...rest] = path;
  return alternatives(schema, value).flatMap((one) => {
    const inner = insideOf(one, key!);
    return inner === undefined ? [] : schemasAt(inner, rest, memberOf(value, key!));
  });
}

/** The keys that a dictionary at this path may have. */
export function knownKeys(schema: Schema, path: Path, value: unknown): readonly string[] {
  const at = path.reduce<unknown>(memberOf, value);
  const keys = schemasAt(schema, path, value)
    .flatMap((one) => alternatives(one, at))
    .flatMap((one) => {
      const { def } = (one as z.core.$ZodTypes)._zod;
      return def.type === 'object' ? Object.keys(def.shape) : [];
    });
  return [...new Set(keys)];
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

/** Every option, as the path to it; `*` stands for the names and numbers that are free. */
export function allOptions(schema: Schema, path: readonly string[] = []): readonly string[] {
  const found = alternatives(schema).flatMap((one) => {
    const { def } = (one as z.core.$ZodTypes)._zod;
    if (def.type === 'object') {
      return Object.entries(def.shape).flatMap(([key, inner]) => allOptions(inner, [...path, key]));
    }
    if (def.type === 'array') return allOptions(def.element, [...path, '*']);
    if (def.type === 'record') return allOptions(def.valueType, [...path, '*']);
    return [path.join('.')];
  });
  return [...new Set(found)];
}

/** The schema itself, or what there is to choose from. */
function alternatives(schema: Schema, value?: unknown): readonly Schema[] {
  const one = bare(schema);
  const { def } = (one as z.core.$ZodTypes)._zod;
  if (def.type !== 'union') return [one];
  const options = def.options.flatMap((option) => alternatives(option, value));
  const meant = options.filter((option) => isOfType(option, memberOf(value, 'type')));
  return meant.length > 0 ? meant : options;
}

/** True for a dictionary that wants exactly this `type`. */
function isOfType(schema: Schema, type: unknown): boolean {
  const wanted = insideOf(schema, 'type');
  if (wanted === undefined) return false;
  const { def } = (bare(wanted) as z.core.$ZodTypes)._zod;
  return def.type === 'literal' && (def.values as readonly unknown[]).includes(type);
}

function insideOf(schema: Schema, key: PropertyKey): Schema | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? def.shape[key as string] : undefined;
  if (def.type === 'array') return def.element;
  return def.type === 'record' ? def.valueType : undefined;
}
