/** @wamp/client/contract: one typed contract for callers, callees, publishers and subscribers. */
export {
  contract,
  procedure,
  topic,
  type Contract,
  type Members,
  type Procedure,
  type ProcedureShape,
  type Schema,
  type Topic,
  type TopicShape,
} from './definition.js';
export { ContractError } from './contract-error.js';
export type { ContractHost, Service } from './binding.js';
export type {
  Api,
  ContractCallOptions,
  ContractEvent,
  ContractInvocation,
  DeclaredErrors,
  Handler,
  Handlers,
  HandlerWithOptions,
  Outcome,
  ProcedureApi,
  StreamingApi,
  TopicApi,
  UseOptions,
} from './contract-types.js';
export type { InvalidPart } from './validation.js';
export type { Params } from './uri-template.js';
