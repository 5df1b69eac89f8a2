/**
 * From a frame to a message: which elements stand where, for every kind of message. Knows no format; the reader does.
 * Source: WAMP basic profile, "Messages"; the layouts of the advanced profile's chapters.
 */
import { EMPTY_DICT, type Dict } from './dict.js';
import { missing, wrongType, type HeadReader } from './head-reader.js';
import { isRequestKind, kindName, MessageKind } from './message-kind.js';
import {
  AbortMessage,
  AuthenticateMessage,
  CallMessage,
  CancelMessage,
  ChallengeMessage,
  ErrorMessage,
  EventMessage,
  EventReceivedMessage,
  GoodbyeMessage,
  HelloMessage,
  InterruptMessage,
  InvocationMessage,
  PublishedMessage,
  PublishMessage,
  RegisteredMessage,
  RegisterMessage,
  ResultMessage,
  SubscribedMessage,
  SubscribeMessage,
  UnregisteredMessage,
  UnregisterMessage,
  UnsubscribedMessage,
  UnsubscribeMessage,
  WelcomeMessage,
  YieldMessage,
  type Message,
} from './messages.js';
import { OPTION_RULES, type OptionRules, type RevocationDetails } from './options.js';
import { ProtocolViolation } from './protocol-violation.js';

/** For dictionaries whose keys belong to an authentication method. */
const NO_RULES: OptionRules = new Map();

/**
 * Reads the one message of the frame that the reader was opened with, to the frame's end.
 * @throws ProtocolViolation
 */
export function decodeMessage(reader: HeadReader): Message {
  const kind = reader.integer('the message code');
  switch (kind) {
    case MessageKind.Call:
      return readCall(reader);
    case MessageKind.Yield:
      return readYield(reader);
    case MessageKind.Publish:
      return readPublish(reader);
    case MessageKind.Event:
      return readEvent(reader);
    case MessageKind.Result:
      return readResult(reader);
    case MessageKind.Invocation:
      return readInvocation(reader);
    case MessageKind.Error:
      return readError(reader);
    case MessageKind.Abort:
      return readAbort(reader);
    default: {
      const message = readWithoutPayload(reader, kind);
      reader.end(kindName(kind));
      return message;
    }
  }
}

function readWithoutPayload(reader: HeadReader, kind: number): Message {
  switch (kind) {
    case MessageKind.Published:
      return new PublishedMessage(reader.id('PUBLISHED.Request'), reader.id('PUBLISHED.Publication'));
    case MessageKind.Subscribe:
      return readSubscribe(reader);
    case MessageKind.Subscribed:
      return new SubscribedMessage(reader.id('SUBSCRIBED.Request'), reader.id('SUBSCRIBED.Subscription'));
    case MessageKind.Unsubscribe:
      return readUnsubscribe(reader);
    case MessageKind.Unsubscribed:
      return readUnsubscribed(reader);
    case MessageKind.EventReceived:
      return new EventReceivedMessage(reader.id('EVENT_RECEIVED.Publication'));
    case MessageKind.Cancel:
      return readCancel(reader);
    case MessageKind.Register:
      return readRegister(reader);
    case MessageKind.Registered:
      return new RegisteredMessage(reader.id('REGISTERED.Request'), reader.id('REGISTERED.Registration'));
    case MessageKind.Unregister:
      return readUnregister(reader);
    case MessageKind.Unregistered:
      return readUnregistered(reader);
    case MessageKind.Interrupt:
      return readInterrupt(reader);
    default:
      return readSessionMessage(reader, kind);
  }
}

function readSessionMessage(reader: HeadReader, kind: number): Message {
  switch (kind) {
    case MessageKind.Hello: {
      const realm = reader.textOrNull('HELLO.Realm');
      return new HelloMessage(realm, reader.dict(OPTION_RULES.hello, 'HELLO.Details'));
    }
    case MessageKind.Welcome: {
      const session = reader.id('WELCOME.Session');
      return new WelcomeMessage(session, reader.dict(OPTION_RULES.welcome, 'WELCOME.Details'));
    }
    case MessageKind.Challenge: {
      const method = reader.text('CHALLENGE.AuthMethod');
      return new ChallengeMessage(method, reader.dict(NO_RULES, 'CHALLENGE.Extra'));
    }
    case MessageKind.Authenticate: {
      const signature = reader.text('AUTHENTICATE.Signature');
      return new AuthenticateMessage(signature, reader.dict(NO_RULES, 'AUTHENTICATE.Extra'));
    }
    case MessageKind.Goodbye: {
      const details = reader.dict(OPTION_RULES.closing, 'GOODBYE.Details');
      return new GoodbyeMessage(details, reader.text('GOODBYE.Reason'));
    }
    default:
      throw new ProtocolViolation('unknown_message', `there is no message with the code ${kind}`);
  }
}

function readCall(reader: HeadReader): CallMessage {
  const request = reader.id('CALL.Request');
  const options = reader.dict(OPTION_RULES.call, 'CALL.Options');
  const procedure = reader.text('CALL.Procedure');
  return new CallMessage(request, options, procedure, reader.payload('CALL', mayBeOpaque(options)));
}

function readYield(reader: HeadReader): YieldMessage {
  const request = reader.id('YIELD.Request');
  const options = reader.dict(OPTION_RULES.progress, 'YIELD.Options');
  return new YieldMessage(request, options, reader.payload('YIELD', mayBeOpaque(options)));
}

function readPublish(reader: HeadReader): PublishMessage {
  const request = reader.id('PUBLISH.Request');
  const options = reader.dict(OPTION_RULES.publish, 'PUBLISH.Options');
  const topic = reader.text('PUBLISH.Topic');
  return new PublishMessage(request, options, topic, reader.payload('PUBLISH', mayBeOpaque(options)));
}

function readEvent(reader: HeadReader): EventMessage {
  const subscription = reader.id('EVENT.Subscription');
  const publication = reader.id('EVENT.Publication');
  const details = reader.dict(OPTION_RULES.event, 'EVENT.Details');
  const payload = reader.payload('EVENT', mayBeOpaque(details));
  return new EventMessage(subscription, publication, details, payload);
}

function readResult(reader: HeadReader): ResultMessage {
  const request = reader.id('RESULT.Request');
  const details = reader.dict(OPTION_RULES.progress, 'RESULT.Details');
  return new ResultMessage(request, details, reader.payload('RESULT', mayBeOpaque(details)));
}

function readInvocation(reader: HeadReader): InvocationMessage {
  const request = reader.id('INVOCATION.Request');
  const registration = reader.id('INVOCATION.Registration');
  const details = reader.dict(OPTION_RULES.invocation, 'INVOCATION.Details');
  const payload = reader.payload('INVOCATION', mayBeOpaque(details));
  return new InvocationMessage(request, registration, details, payload);
}

function readError(reader: HeadReader): ErrorMessage {
  const kind = reader.integer('ERROR.REQUEST.Type');
  if (!isRequestKind(kind)) throw wrongType('ERROR.REQUEST.Type', 'the code of a request');
  const request = reader.id('ERROR.REQUEST.Request');
  const details = reader.dict(OPTION_RULES.error, 'ERROR.Details');
  const error = reader.text('ERROR.Error');
  return new ErrorMessage(kind, request, details, error, reader.payload('ERROR', mayBeOpaque(details)));
}

function readAbort(reader: HeadReader): AbortMessage {
  const details = reader.dict(OPTION_RULES.closing, 'ABORT.Details');
  const reason = reader.text('ABORT.Reason');
  return new AbortMessage(details, reason, reader.payload('ABORT', false));
}

/**
 * Payload transparency, the predecessor of payload passthru: with `enc_algo` the payload is one bare byte string (or
 * string), not a list with one in it. Source: the protocol's test vectors.
 */
function mayBeOpaque(options: Dict): boolean {
  return options !== EMPTY_DICT && typeof options['enc_algo'] === 'string';
}

function readSubscribe(reader: HeadReader): SubscribeMessage {
  const request = reader.id('SUBSCRIBE.Request');
  const options = reader.dict(OPTION_RULES.subscribe, 'SUBSCRIBE.Options');
  return new SubscribeMessage(request, options, reader.text('SUBSCRIBE.Topic'));
}

function readUnsubscribe(reader: HeadReader): UnsubscribeMessage {
  const request = reader.id('UNSUBSCRIBE.Request');
  const subscription = reader.id('UNSUBSCRIBE.Subscription');
  if (reader.hasMore()) reader.dict(NO_RULES, 'UNSUBSCRIBE.Options');
  return new UnsubscribeMessage(request, subscription);
}

function readUnsubscribed(reader: HeadReader): UnsubscribedMessage {
  const request = reader.integer('UNSUBSCRIBED.Request');
  return new UnsubscribedMessage(request, readRevocation(reader, request, 'UNSUBSCRIBED'));
}

/** Details of UNSUBSCRIBED and UNREGISTERED. Request 0 is the router's own doing and never stands without them. */
function readRevocation(reader: HeadReader, request: number, where: string): RevocationDetails | undefined {
  if (reader.hasMore()) return reader.dict(OPTION_RULES.revocation, `${where}.Details`);
  if (request === 0) throw missing(`${where}.Details, which request 0 needs`);
  return undefined;
}

function readCancel(reader: HeadReader): CancelMessage {
  const request = reader.id('CANCEL.Request');
  return new CancelMessage(request, reader.dict(OPTION_RULES.cancel, 'CANCEL.Options'));
}

function readRegister(reader: HeadReader): RegisterMessage {
  const request = reader.id('REGISTER.Request');
  const options = reader.dict(OPTION_RULES.register, 'REGISTER.Options');
  return new RegisterMessage(request, options, reader.text('REGISTER.Procedure'));
}

function readUnregister(reader: HeadReader): UnregisterMessage {
  const request = reader.id('UNREGISTER.Request');
  const registration = reader.id('UNREGISTER.Registration');
  if (reader.hasMore()) reader.dict(NO_RULES, 'UNREGISTER.Options');
  return new UnregisterMessage(request, registration);
}

function readUnregistered(reader: HeadReader): UnregisteredMessage {
  const request = reader.integer('UNREGISTERED.Request');
  return new UnregisteredMessage(request, readRevocation(reader, request, 'UNREGISTERED'));
}

function readInterrupt(reader: HeadReader): InterruptMessage {
  const request = reader.id('INTERRUPT.Request');
  return new InterruptMessage(request, reader.dict(OPTION_RULES.interrupt, 'INTERRUPT.Options'));
}
