/**
 * The record of one call, from CALL to its final answer. There is one per call, whatever happens to it.
 * Data only: created and removed by `InvocationTable`, changed by what the lifecycle table says.
 */
import {
  EMPTY_DICT,
  type CallMessage,
  type CallOptions,
  type Identity,
  type InvocationDetails,
  type Payload,
} from '@wamp/protocol';
import type { Callee } from './callee.js';
import type { DealerSession } from './dealer-session.js';
import { CallState } from './invocation-lifecycle.js';
import type { Registration } from './registration.js';

export class Invocation<Owner> {
  readonly caller: DealerSession<Owner>;
  /** CALL.Request */
  readonly request: number;
  readonly procedure: string;
  /** options of the initiating CALL; they hold for the whole call */
  readonly options: CallOptions;
  /** who calls; the caller's session may stand for somebody else */
  readonly identity: Identity;
  readonly registration: Registration<Owner>;
  /** length of the timeout in milliseconds; 0 is none */
  readonly timeoutMs: number;
  /** milliseconds since the epoch; meaningful if `timeoutMs` is not 0 */
  deadline: number;
  /** place among the armed deadlines; -1 if the dealer runs no timer for this call */
  heapIndex: number;
  state: CallState;
  /** undefined until the call is assigned to a callee */
  callee: Callee<Owner> | undefined;
  /** INVOCATION.Request; 0 while the call is queued */
  id: number;
  /** details of the first INVOCATION; every further chunk repeats them */
  details: InvocationDetails;
  /** kept only while the call may have to be sent (again): queued, or re-routable */
  payload: Payload | undefined;
  /** true once the caller has sent its last chunk; at once for an ordinary call */
  callerDone: boolean;
  /** true once a progressive result went to the caller */
  hasProgressed: boolean;
  /** callees that answered `wamp.error.unavailable` */
  tried: Set<Callee<Owner>> | undefined;

  constructor(
    caller: DealerSession<Owner>,
    message: CallMessage,
    registration: Registration<Owner>,
    identity: Identity,
    timeoutMs: number,
    deadline: number,
  ) {
    this.caller = caller;
    this.request = message.request;
    this.procedure = message.procedure;
    this.options = message.options;
    this.identity = identity;
    this.registration = registration;
    this.timeoutMs = timeoutMs;
    this.deadline = deadline;
    this.heapIndex = -1;
    this.state = CallState.Active;
    this.callee = undefined;
    this.id = 0;
    this.details = EMPTY_DICT;
    this.payload = undefined;
    this.callerDone = message.options.progress !== true;
    this.hasProgressed = false;
    this.tried = undefined;
  }

  /** True if the caller sends its arguments in chunks. Source: advanced profile, "Progressive Call Invocations". */
  get isProgressive(): boolean {
    return this.options.progress === true;
  }

  /** True if the caller asked for progressive results. Source: advanced profile, "Progressive Call Results". */
  get wantsProgress(): boolean {
    return this.options.receive_progress === true;
  }
}
