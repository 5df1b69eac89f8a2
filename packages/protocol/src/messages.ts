/**
 * One class per message. Instances are what serializers produce and consume, and what dealer and broker speak.
 * All fields are assigned once, in one order, so that every message of a kind has the same hidden class.
 */
import { EMPTY_DICT, type Dict } from './dict.js';
import { MessageKind, type RequestKind } from './message-kind.js';
import type {
  CallOptions,
  CancelOptions,
  EventDetails,
  InterruptOptions,
  InvocationDetails,
  PublishOptions,
  RegisterOptions,
  ResultDetails,
  RevocationDetails,
  SubscribeOptions,
  YieldOptions,
} from './options.js';
import { EMPTY_PAYLOAD, type Payload } from './payload.js';

/** `[1, Realm, Details]`. `realm` is null when the client leaves the choice to the router. */
export class HelloMessage {
  readonly kind = MessageKind.Hello;
  readonly realm: string | null;
  readonly details: Dict;
  constructor(realm: string | null, details: Dict) {
    this.realm = realm;
    this.details = details;
  }
}

/** `[2, Session, Details]` */
export class WelcomeMessage {
  readonly kind = MessageKind.Welcome;
  readonly session: number;
  readonly details: Dict;
  constructor(session: number, details: Dict) {
    this.session = session;
    this.details = details;
  }
}

/** `[3, Details, Reason]`, optionally with a payload */
export class AbortMessage {
  readonly kind = MessageKind.Abort;
  readonly details: Dict;
  readonly reason: string;
  readonly payload: Payload;
  constructor(details: Dict, reason: string, payload: Payload = EMPTY_PAYLOAD) {
    this.details = details;
    this.reason = reason;
    this.payload = payload;
  }
}

/** `[4, AuthMethod, Extra]` */
export class ChallengeMessage {
  readonly kind = MessageKind.Challenge;
  readonly method: string;
  readonly extra: Dict;
  constructor(method: string, extra: Dict) {
    this.method = method;
    this.extra = extra;
  }
}

/** `[5, Signature, Extra]` */
export class AuthenticateMessage {
  readonly kind = MessageKind.Authenticate;
  readonly signature: string;
  readonly extra: Dict;
  constructor(signature: string, extra: Dict) {
    this.signature = signature;
    this.extra = extra;
  }
}

/** `[6, Details, Reason]` */
export class GoodbyeMessage {
  readonly kind = MessageKind.Goodbye;
  readonly details: Dict;
  readonly reason: string;
  constructor(details: Dict, reason: string) {
    this.details = details;
    this.reason = reason;
  }
}

/** `[8, REQUEST.Type, REQUEST.Request, Details, Error, ...payload]` */
export class ErrorMessage {
  readonly kind = MessageKind.Error;
  readonly requestKind: RequestKind;
  readonly request: number;
  readonly details: Dict;
  readonly error: string;
  readonly payload: Payload;
  constructor(
    requestKind: RequestKind,
    request: number,
    details: Dict,
    error: string,
    payload: Payload = EMPTY_PAYLOAD,
  ) {
    this.requestKind = requestKind;
    this.request = request;
    this.details = details;
    this.error = error;
    this.payload = payload;
  }
}

/** `[16, Request, Options, Topic, ...payload]` */
export class PublishMessage {
  readonly kind = MessageKind.Publish;
  readonly request: number;
  readonly options: PublishOptions;
  readonly topic: string;
  readonly payload: Payload;
  constructor(request: number, options: PublishOptions, topic: string, payload: Payload = EMPTY_PAYLOAD) {
    this.request = request;
    this.options = options;
    this.topic = topic;
    this.payload = payload;
  }
}

/** `[17, PUBLISH.Request, Publication]` */
export class PublishedMessage {
  readonly kind = MessageKind.Published;
  readonly request: number;
  readonly publication: number;
  constructor(request: number, publication: number) {
    this.request = request;
    this.publication = publication;
  }
}

/** `[32, Request, Options, Topic]` */
export class SubscribeMessage {
  readonly kind = MessageKind.Subscribe;
  readonly request: number;
  readonly options: SubscribeOptions;
  readonly topic: string;
  constructor(request: number, options: SubscribeOptions, topic: string) {
    this.request = request;
    this.options = options;
    this.topic = topic;
  }
}

/** `[33, SUBSCRIBE.Request, Subscription]` */
export class SubscribedMessage {
  readonly kind = MessageKind.Subscribed;
  readonly request: number;
  readonly subscription: number;
  constructor(request: number, subscription: number) {
    this.request = request;
    this.subscription = subscription;
  }
}

/** `[34, Request, Subscription]`; a fourth element (options, as Autobahn sends it) is accepted and dropped. */
export class UnsubscribeMessage {
  readonly kind = MessageKind.Unsubscribe;
  readonly request: number;
  readonly subscription: number;
  constructor(request: number, subscription: number) {
    this.request = request;
    this.subscription = subscription;
  }
}

/** `[35, Request]`, or `[35, 0, Details]` when the router revokes a subscription */
export class UnsubscribedMessage {
  readonly kind = MessageKind.Unsubscribed;
  readonly request: number;
  readonly details: RevocationDetails | undefined;
  constructor(request: number, details?: RevocationDetails) {
    this.request = request;
    this.details = details;
  }
}

/** `[36, Subscription, Publication, Details, ...payload]` */
export class EventMessage {
  readonly kind = MessageKind.Event;
  readonly subscription: number;
  readonly publication: number;
  readonly details: EventDetails;
  readonly payload: Payload;
  constructor(
    subscription: number,
    publication: number,
    details: EventDetails = EMPTY_DICT,
    payload: Payload = EMPTY_PAYLOAD,
  ) {
    this.subscription = subscription;
    this.publication = publication;
    this.details = details;
    this.payload = payload;
  }
}

/** `[337, Publication]`; read and ignored by the router */
export class EventReceivedMessage {
  readonly kind = MessageKind.EventReceived;
  readonly publication: number;
  constructor(publication: number) {
    this.publication = publication;
  }
}

/** `[48, Request, Options, Procedure, ...payload]` */
export class CallMessage {
  readonly kind = MessageKind.Call;
  readonly request: number;
  readonly options: CallOptions;
  readonly procedure: string;
  readonly payload: Payload;
  constructor(request: number, options: CallOptions, procedure: string, payload: Payload = EMPTY_PAYLOAD) {
    this.request = request;
    this.options = options;
    this.procedure = procedure;
    this.payload = payload;
  }
}

/** `[49, CALL.Request, Options]` */
export class CancelMessage {
  readonly kind = MessageKind.Cancel;
  readonly request: number;
  readonly options: CancelOptions;
  constructor(request: number, options: CancelOptions) {
    this.request = request;
    this.options = options;
  }
}

/** `[50, CALL.Request, Details, ...payload]` */
export class ResultMessage {
  readonly kind = MessageKind.Result;
  readonly request: number;
  readonly details: ResultDetails;
  readonly payload: Payload;
  constructor(request: number, details: ResultDetails = EMPTY_DICT, payload: Payload = EMPTY_PAYLOAD) {
    this.request = request;
    this.details = details;
    this.payload = payload;
  }
}

/** `[64, Request, Options, Procedure]` */
export class RegisterMessage {
  readonly kind = MessageKind.Register;
  readonly request: number;
  readonly options: RegisterOptions;
  readonly procedure: string;
  constructor(request: number, options: RegisterOptions, procedure: string) {
    this.request = request;
    this.options = options;
    this.procedure = procedure;
  }
}

/** `[65, REGISTER.Request, Registration]` */
export class RegisteredMessage {
  readonly kind = MessageKind.Registered;
  readonly request: number;
  readonly registration: number;
  constructor(request: number, registration: number) {
    this.request = request;
    this.registration = registration;
  }
}

/** `[66, Request, Registration]`; a fourth element (options, as Autobahn sends it) is accepted and dropped. */
export class UnregisterMessage {
  readonly kind = MessageKind.Unregister;
  readonly request: number;
  readonly registration: number;
  constructor(request: number, registration: number) {
    this.request = request;
    this.registration = registration;
  }
}

/** `[67, Request]`, or `[67, 0, Details]` when the router revokes a registration */
export class UnregisteredMessage {
  readonly kind = MessageKind.Unregistered;
  readonly request: number;
  readonly details: RevocationDetails | undefined;
  constructor(request: number, details?: RevocationDetails) {
    this.request = request;
    this.details = details;
  }
}

/** `[68, Request, Registration, Details, ...payload]` */
export class InvocationMessage {
  readonly kind = MessageKind.Invocation;
  readonly request: number;
  readonly registration: number;
  readonly details: InvocationDetails;
  readonly payload: Payload;
  constructor(
    request: number,
    registration: number,
    details: InvocationDetails = EMPTY_DICT,
    payload: Payload = EMPTY_PAYLOAD,
  ) {
    this.request = request;
    this.registration = registration;
    this.details = details;
    this.payload = payload;
  }
}

/** `[69, INVOCATION.Request, Options]` */
export class InterruptMessage {
  readonly kind = MessageKind.Interrupt;
  readonly request: number;
  readonly options: InterruptOptions;
  constructor(request: number, options: InterruptOptions) {
    this.request = request;
    this.options = options;
  }
}

/** `[70, INVOCATION.Request, Options, ...payload]` */
export class YieldMessage {
  readonly kind = MessageKind.Yield;
  readonly request: number;
  readonly options: YieldOptions;
  readonly payload: Payload;
  constructor(request: number, options: YieldOptions = EMPTY_DICT, payload: Payload = EMPTY_PAYLOAD) {
    this.request = request;
    this.options = options;
    this.payload = payload;
  }
}

/** Any WAMP message; `kind` tells which. */
export type Message =
  | HelloMessage
  | WelcomeMessage
  | AbortMessage
  | ChallengeMessage
  | AuthenticateMessage
  | GoodbyeMessage
  | ErrorMessage
  | PublishMessage
  | PublishedMessage
  | SubscribeMessage
  | SubscribedMessage
  | UnsubscribeMessage
  | UnsubscribedMessage
  | EventMessage
  | EventReceivedMessage
  | CallMessage
  | CancelMessage
  | ResultMessage
  | RegisterMessage
  | RegisteredMessage
  | UnregisterMessage
  | UnregisteredMessage
  | InvocationMessage
  | InterruptMessage
  | YieldMessage;
