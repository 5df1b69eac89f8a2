/**
 * From a message to a frame: which elements stand where, for every kind of message. Knows no format; the writer does.
 * The counterpart of the decoder; the same table of layouts.
 */
import { EMPTY_DICT, type Dict } from './dict.js';
import type { HeadWriter } from './head-writer.js';
import { MessageKind } from './message-kind.js';
import type {
  AbortMessage,
  AuthenticateMessage,
  CallMessage,
  ChallengeMessage,
  ErrorMessage,
  EventMessage,
  GoodbyeMessage,
  HelloMessage,
  InvocationMessage,
  Message,
  PublishMessage,
  ResultMessage,
  WelcomeMessage,
  YieldMessage,
} from './messages.js';
import { EMPTY_PAYLOAD, PayloadError, type Payload, type PayloadSpan } from './payload.js';

/**
 * Writes one message; the writer's `finish` or `finishInto` has to follow.
 * @throws PayloadError if the payload, or a value among the options, cannot be expressed in the writer's format
 */
export function encodeMessage(writer: HeadWriter, message: Message): void {
  switch (message.kind) {
    case MessageKind.Call:
      writeCall(writer, message);
      break;
    case MessageKind.Invocation:
      writeInvocation(writer, message);
      break;
    case MessageKind.Yield:
    case MessageKind.Result:
      writeOutcome(writer, message);
      break;
    case MessageKind.Publish:
      writePublish(writer, message);
      break;
    case MessageKind.Event:
      writeEvent(writer, message);
      break;
    case MessageKind.Error:
      writeError(writer, message);
      break;
    case MessageKind.Abort:
      writeAbort(writer, message);
      break;
    default:
      writeWithoutPayload(writer, message, writer.span(EMPTY_PAYLOAD));
  }
}

/** A bare payload whose receiver is not told so would be taken for a broken message. */
function payloadOf(writer: HeadWriter, payload: Payload, options: Dict): PayloadSpan {
  if (payload.isOpaque && typeof options['enc_algo'] !== 'string') {
    throw new PayloadError('an opaque payload needs `enc_algo` among the options or details');
  }
  return writer.span(payload);
}

function writeCall(writer: HeadWriter, message: CallMessage): void {
  writer.begin(message.kind, 4, payloadOf(writer, message.payload, message.options));
  writer.integer(message.request);
  writer.dict(message.options);
  writer.string(message.procedure);
}

function writeInvocation(writer: HeadWriter, message: InvocationMessage): void {
  writer.begin(message.kind, 4, payloadOf(writer, message.payload, message.details));
  writer.integer(message.request);
  writer.integer(message.registration);
  writer.dict(message.details);
}

function writeOutcome(writer: HeadWriter, message: YieldMessage | ResultMessage): void {
  const options = message.kind === MessageKind.Yield ? message.options : message.details;
  writer.begin(message.kind, 3, payloadOf(writer, message.payload, options));
  writer.integer(message.request);
  writer.dict(options);
}

function writePublish(writer: HeadWriter, message: PublishMessage): void {
  writer.begin(message.kind, 4, payloadOf(writer, message.payload, message.options));
  writer.integer(message.request);
  writer.dict(message.options);
  writer.string(message.topic);
}

function writeEvent(writer: HeadWriter, message: EventMessage): void {
  writer.begin(message.kind, 4, payloadOf(writer, message.payload, message.details));
  writer.integer(message.subscription);
  writer.integer(message.publication);
  writer.dict(message.details);
}

function writeError(writer: HeadWriter, message: ErrorMessage): void {
  writer.begin(message.kind, 5, payloadOf(writer, message.payload, message.details));
  writer.integer(message.requestKind);
  writer.integer(message.request);
  writer.dict(message.details);
  writer.string(message.error);
}

function writeAbort(writer: HeadWriter, message: AbortMessage): void {
  writer.begin(message.kind, 3, payloadOf(writer, message.payload, EMPTY_DICT));
  writer.dict(message.details);
  writer.string(message.reason);
}

type WithPayload =
  | AbortMessage
  | CallMessage
  | ErrorMessage
  | EventMessage
  | InvocationMessage
  | PublishMessage
  | ResultMessage
  | YieldMessage;
type SessionMessage = HelloMessage | WelcomeMessage | ChallengeMessage | AuthenticateMessage | GoodbyeMessage;
type PlainMessage = Exclude<Message, WithPayload | SessionMessage>;

function writeWithoutPayload(
  writer: HeadWriter,
  message: PlainMessage | SessionMessage,
  none: PayloadSpan,
): void {
  switch (message.kind) {
    case MessageKind.Published:
      writePair(writer, message.kind, message.request, message.publication, none);
      break;
    case MessageKind.Subscribed:
    case MessageKind.Unsubscribe:
      writePair(writer, message.kind, message.request, message.subscription, none);
      break;
    case MessageKind.Registered:
    case MessageKind.Unregister:
      writePair(writer, message.kind, message.request, message.registration, none);
      break;
    case MessageKind.Subscribe:
      writeRequest(writer, message.kind, message.request, message.options, message.topic, none);
      break;
    case MessageKind.Register:
      writeRequest(writer, message.kind, message.request, message.options, message.procedure, none);
      break;
    case MessageKind.Unsubscribed:
    case MessageKind.Unregistered:
      writer.begin(message.kind, message.details === undefined ? 2 : 3, none);
      writer.integer(message.request);
      if (message.details !== undefined) writer.dict(message.details);
      break;
    case MessageKind.EventReceived:
      writer.begin(message.kind, 2, none);
      writer.integer(message.publication);
      break;
    case MessageKind.Cancel:
    case MessageKind.Interrupt:
      writer.begin(message.kind, 3, none);
      writer.integer(message.request);
      writer.dict(message.options);
      break;
    default:
      writeSessionMessage(writer, message, none);
  }
}

function writeSessionMessage(writer: HeadWriter, message: SessionMessage, none: PayloadSpan): void {
  writer.begin(message.kind, 3, none);
  switch (message.kind) {
    case MessageKind.Hello:
      writer.string(message.realm);
      writer.dict(message.details);
      break;
    case MessageKind.Welcome:
      writer.integer(message.session);
      writer.dict(message.details);
      break;
    case MessageKind.Challenge:
      writer.string(message.method);
      writer.dict(message.extra);
      break;
    case MessageKind.Authenticate:
      writer.string(message.signature);
      writer.dict(message.extra);
      break;
    case MessageKind.Goodbye:
      writer.dict(message.details);
      writer.string(message.reason);
      break;
  }
}

function writePair(writer: HeadWriter, kind: number, request: number, id: number, none: PayloadSpan): void {
  writer.begin(kind, 3, none);
  writer.integer(request);
  writer.integer(id);
}

function writeRequest(
  writer: HeadWriter,
  kind: number,
  request: number,
  options: Dict,
  uri: string,
  none: PayloadSpan,
): void {
  writer.begin(kind, 4, none);
  writer.integer(request);
  writer.dict(options);
  writer.string(uri);
}
