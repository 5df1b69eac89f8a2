/**
 * Which publications are kept, and where: for later subscribers, and for those who ask what happened.
 * Must not deliver anything.
 * Source: advanced profile, "Event Retention" and "Event History".
 */
import { ErrorUri, PayloadError, type PublishOptions } from '@wamp/protocol';
import type { EventRecorder } from './event-recorder.js';
import type { EventStore, KeptHistory, RetentionLimits } from './event-store.js';
import type { Publication } from './publication.js';
import type { Refusal, SessionOutbox } from './session-outbox.js';
import type { Subscription } from './subscription.js';

const NO_HISTORIES: readonly KeptHistory[] = Object.freeze([]);

export class EventKeeping<Owner> {
  readonly #store: EventStore;
  readonly #recorder: EventRecorder;
  readonly #retention: RetentionLimits;
  readonly #keepsHistory: boolean;
  readonly #outbox: SessionOutbox<Owner>;

  /** @param keepsHistory whether there is any subscription whose history is kept */
  constructor(
    store: EventStore,
    recorder: EventRecorder,
    retention: RetentionLimits,
    keepsHistory: boolean,
    outbox: SessionOutbox<Owner>,
  ) {
    this.#store = store;
    this.#recorder = recorder;
    this.#retention = retention;
    this.#keepsHistory = keepsHistory;
    this.#outbox = outbox;
  }

  /** True if a publication with these options is retained. A broker may decline silently, and does without codecs. */
  retains(options: PublishOptions): boolean {
    return options.retain === true && !this.#recorder.isMute;
  }

  /**
   * The histories that a publication with these options belongs to.
   * @param subscriptions those that match its topic
   */
  historiesOf(
    options: PublishOptions,
    subscriptions: readonly Subscription<Owner>[],
  ): readonly KeptHistory[] {
    if (!this.#keepsHistory) return NO_HISTORIES;
    // spec: event history: events published with session ids must not be kept: those sessions do not come back
    if (options.eligible !== undefined || options.exclude !== undefined) return NO_HISTORIES;
    return subscriptions.flatMap(({ history }) => history ?? []);
  }

  /** @returns why it could not be kept; undefined once it is */
  keep(publication: Publication<Owner>, histories: readonly KeptHistory[]): Refusal | undefined {
    const { options, topic } = publication.message;
    try {
      const retention = this.retains(options) ? this.#retention : undefined;
      this.#store.append(this.#recorder.record(publication), { retention, histories });
      return undefined;
    } catch (cause) {
      if (cause instanceof PayloadError) return { uri: ErrorUri.InvalidArgument, sentence: cause.message };
      this.#outbox.storeFailed('append', topic, cause);
      return { uri: ErrorUri.Unavailable, sentence: 'the event cannot be stored at the moment' };
    }
  }
}
