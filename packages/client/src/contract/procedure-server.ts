/**
 * A procedure of a contract from the callee's side: what comes in is checked before the handler sees it, what goes out
 * before it is sent. Owns the checks; registrations and invocations are the client's.
 */
import type { InvocationHandler, RegisterOptions, Registration } from '../callee.js';
import type { Invocation } from '../invocation.js';
import { WampError } from '../wamp-error.js';
import type { ContractHost } from './binding.js';
import { ContractError } from './contract-error.js';
import type { ContractInvocation, Handler } from './contract-types.js';
import type { ProcedureShape, TopicShape } from './definition.js';
import type { UriTemplate } from './uri-template.js';
import { validated } from './validation.js';

type AnyHandler = Handler<ProcedureShape>;

/** Registers a handler for a procedure of a contract. */
export function registerHandler(
  client: ContractHost,
  template: UriTemplate,
  shape: ProcedureShape,
  handler: AnyHandler,
  options: RegisterOptions = {},
): Promise<Registration> {
  const { match, pattern } = template;
  return client.register(pattern, checkedHandler(template, shape, handler), { ...options, match });
}

/** What was received, as the handler takes it. */
export async function receivedInput(
  { args, kwargs }: TopicShape,
  received: { readonly args: readonly unknown[]; readonly kwargs: object },
): Promise<unknown> {
  const list = await validated(args, received.args, 'args');
  const dict = await validated(kwargs, received.kwargs, 'kwargs');
  if (args === undefined) return kwargs === undefined ? undefined : dict;
  return kwargs === undefined ? list : { args: list, kwargs: dict };
}

/** A generator whatever the handler is: what is no generator just returns. */
function checkedHandler(
  template: UriTemplate,
  shape: ProcedureShape,
  handler: AnyHandler,
): InvocationHandler {
  return async function* (_args, invocation) {
    const input =
      shape.chunks === undefined ? await receivedInput(shape, invocation) : chunksOf(shape, invocation);
    const returned = await handler(input as never, contractInvocation(template, shape, invocation));
    if (!isGenerator(returned)) return outgoing(shape.result, returned, 'result');
    let step: IteratorResult<unknown> | undefined;
    try {
      for (;;) {
        step = await returned.next();
        if (step.done === true) return await outgoing(shape.result, step.value, 'result');
        yield await outgoing(shape.progress, step.value, 'progress');
      }
    } finally {
      if (step?.done !== true) await returned.return(undefined);
    }
  };
}

async function* chunksOf(shape: ProcedureShape, invocation: Invocation): AsyncGenerator {
  for await (const chunk of invocation.chunks) yield await validated(shape.chunks, chunk, 'chunk');
}

/** The invocation as a handler of a contract sees it: all that it has, and what the contract adds. */
function contractInvocation(
  template: UriTemplate,
  shape: ProcedureShape,
  invocation: Invocation,
): ContractInvocation<ProcedureShape> {
  const view = {
    __proto__: invocation,
    params: template.read(invocation.procedure),
    get signal() {
      return invocation.signal;
    },
    whenReady: () => invocation.whenReady(),
    progress: async (value: unknown) =>
      invocation.progress(await outgoing(shape.progress, value, 'progress')),
    fail: (uri: string, data: unknown) => {
      throw new ContractError(uri, data);
    },
  };
  return view as unknown as ContractInvocation<ProcedureShape>;
}

/** What a handler gives and its contract does not allow is the handler's fault, and not the caller's. */
async function outgoing(schema: ProcedureShape['result'], value: unknown, at: string): Promise<unknown> {
  try {
    return await validated(schema, value, at);
  } catch (cause) {
    if (!(cause instanceof WampError)) throw cause;
    throw new TypeError(`broken contract: ${String(cause.args[0])}`, { cause });
  }
}

function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  return typeof (value as Partial<Generator> | null | undefined)?.next === 'function';
}
