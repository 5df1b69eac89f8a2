/**
 * The pages for those who operate the router: `/healthz`, `/readyz` and `/metrics`.
 * Owns their paths and answers; what they tell is handed in. They cost something only when somebody asks.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { respond, type TextAnswer } from './http-answers.js';

/** Answers some of the ordinary HTTP requests that come to a listener. */
export interface HttpPages {
  /** @returns false if the request is not for one of these pages, and somebody else has to answer it */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Whether new clients should come here: `starting` and `draining` say no. */
export type Readiness = 'starting' | 'ready' | 'draining';

export interface OperatingFacts {
  readiness(): Readiness;
  /** Text in Prometheus' format; undefined if metrics are not served here. */
  readonly metrics: (() => Promise<{ readonly contentType: string; readonly text: string }>) | undefined;
  /** whether `/healthz` and `/readyz` are served here */
  readonly hasHealth: boolean;
}

const READY_SENTENCES: Readonly<Record<Readiness, string>> = {
  starting: 'not ready: the router is starting',
  ready: 'ready',
  draining: 'not ready: the router is draining, new clients belong elsewhere',
};

export class OperatingPages implements HttpPages {
  readonly #facts: OperatingFacts;

  constructor(facts: OperatingFacts) {
    this.#facts = facts;
  }

  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { hasHealth, metrics } = this.#facts;
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/metrics' && metrics !== undefined) {
      return this.#reply(request, response, () => this.#answerMetrics(response, metrics));
    }
    if (!hasHealth) return false;
    // The process answers, so that it lives; whether it should get clients is another question.
    if (path === '/healthz')
      return this.#reply(request, response, () => respond(response, page(200, 'alive')));
    if (path !== '/readyz') return false;
    return this.#reply(request, response, () => {
      const readiness = this.#facts.readiness();
      respond(response, page(readiness === 'ready' ? 200 : 503, READY_SENTENCES[readiness]));
    });
  }

  #reply(request: IncomingMessage, response: ServerResponse, reply: () => void): true {
    if (request.method === 'GET' || request.method === 'HEAD') reply();
    else respond(response, page(405, 'GET and HEAD only', { Allow: 'GET, HEAD' }));
    return true;
  }

  #answerMetrics(response: ServerResponse, metrics: NonNullable<OperatingFacts['metrics']>): void {
    metrics().then(
      ({ contentType, text }) =>
        respond(response, { status: 200, headers: { 'Content-Type': contentType }, text }),
      () => respond(response, page(500, 'the metrics could not be gathered')),
    );
  }
}

function page(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return { status, headers: { 'Cache-Control': 'no-store', ...headers }, text: `${sentence}\n` };
}
