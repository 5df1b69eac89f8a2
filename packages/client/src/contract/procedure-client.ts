/**
 * A procedure of a contract from the caller's side: values in, values out, declared errors as such.
 * Owns the translation of an input to arguments; the call is the client's.
 */
import type { ContractHost } from './binding.js';
import type { ContractError } from './contract-error.js';
import { declaredFrom, isDeclared } from './contract-error.js';
import type { ProcedureApi, UseOptions } from './contract-types.js';
import type { Procedure, ProcedureShape, TopicShape } from './definition.js';
import { registerHandler } from './procedure-server.js';
import type { UriTemplate } from './uri-template.js';
import { validated } from './validation.js';
import type { Chunks } from '../caller.js';
import type { ProgressiveCall } from '../progressive-call.js';

/** What a call or publication is made of. */
interface Request {
  readonly uri: string;
  readonly input: unknown;
  readonly options: Record<string, unknown>;
}

/** Sorts what the application gave: the values of the URI's names come first, where it has some. */
export function requestFrom(template: UriTemplate, given: readonly unknown[]): Request {
  const named = template.match === 'exact' ? [undefined, ...given] : given;
  return {
    uri: named[0] === undefined ? template.pattern : template.fill(named[0] as Record<string, string>),
    input: named[1],
    options: (named[2] ?? {}) as Record<string, unknown>,
  };
}

/** The arguments and keyword arguments of an input; see `Input` in contract-types.ts. */
export async function payloadFrom(
  { args, kwargs }: TopicShape,
  input: unknown,
  check: boolean,
): Promise<{ args: readonly unknown[]; kwargs: Record<string, unknown> }> {
  const both = (args !== undefined && kwargs !== undefined ? input : { args: input, kwargs: input }) as {
    args: readonly unknown[];
    kwargs: Record<string, unknown>;
  };
  // What travels is what the application gave: the other side applies the schema.
  if (check) {
    await validated(args, both.args, 'args');
    await validated(kwargs, both.kwargs, 'kwargs');
  }
  return {
    args: args === undefined ? [] : both.args,
    kwargs: kwargs === undefined ? {} : both.kwargs,
  };
}

/** Makes the callable object of one procedure. */
export function procedureApi(
  client: ContractHost,
  template: UriTemplate,
  procedure: Procedure,
  { validate = false }: UseOptions,
): ProcedureApi<ProcedureShape> {
  const { shape } = procedure;
  const results = validate ? shape.result : undefined;

  const call = async (...given: readonly unknown[]): Promise<unknown> => {
    const { uri, input, options } = requestFrom(template, given);
    try {
      if (shape.chunks !== undefined) {
        const chunks = validate ? checkedChunks(shape, input as Chunks<unknown>) : (input as Chunks<unknown>);
        return await validated(results, await client.upload(uri, chunks, options), 'result');
      }
      const { args, kwargs } = await payloadFrom(shape, input, validate);
      return await validated(results, await client.call(uri, args, { ...options, kwargs }), 'result');
    } catch (error) {
      throw declaredFrom(shape, error);
    }
  };

  const members = {
    uri: template.pattern,
    isError: (thrown: unknown): thrown is ContractError => isDeclared(procedure, thrown),
    safe: async (...given: readonly unknown[]) => {
      try {
        return { ok: true, value: await call(...given) };
      } catch (error) {
        if (isDeclared(procedure, error)) return { ok: false, error };
        throw error;
      }
    },
    stream: (...given: readonly unknown[]) => stream(client, template, shape, validate, given),
    register: registerHandler.bind(undefined, client, template, shape),
  };
  return Object.assign(call, members) as unknown as ProcedureApi<ProcedureShape>;
}

async function* checkedChunks(shape: ProcedureShape, chunks: Chunks<unknown>): AsyncGenerator {
  for await (const chunk of chunks) {
    await validated(shape.chunks, chunk, 'chunk');
    yield chunk;
  }
}

/** The input may have to be checked before the call begins, and the object is wanted at once. */
function stream(
  client: ContractHost,
  template: UriTemplate,
  shape: ProcedureShape,
  validate: boolean,
  given: readonly unknown[],
): ProgressiveCall {
  const { uri, input, options } = requestFrom(template, given);
  const begun = payloadFrom(shape, input, validate).then(({ args, kwargs }) => ({
    running: client.stream(uri, args, { ...options, kwargs }),
  }));
  const schemas = validate ? shape : {};
  const result = begun
    .then(async ({ running }) => validated(schemas.result, await running.result, 'result'))
    .catch((error: unknown) => {
      throw declaredFrom(shape, error);
    });
  // An error that nobody looks at here is thrown by the loop.
  result.catch(() => undefined);
  return {
    result,
    async *[Symbol.asyncIterator]() {
      try {
        for await (const value of (await begun).running)
          yield await validated(schemas.progress, value, 'progress');
      } catch (error) {
        throw declaredFrom(shape, error);
      }
    },
  };
}
