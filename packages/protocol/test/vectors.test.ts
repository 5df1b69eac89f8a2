/**
 * The protocol's own test vectors of single messages, in every format that they have bytes for and we speak.
 *
 * Where they go beyond the specification's text: with `enc_algo` in options or details the payload is one bare byte string
 * or string, where the layouts have a list of Arguments (`Payload.opaque` here); and UNSUBSCRIBED is described as
 * `[35, Request, Details]` for any request, where the text has details with request 0 only (both are read here).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as wamp from '@wamp/protocol';
import type { Dict, Format, Message } from '@wamp/protocol';
import { frameOf, hex, serializers } from './messages.fixture.js';

interface Form {
  bytes?: string;
  bytes_hex: string;
}
interface Sample {
  description: string;
  serializers?: Partial<Record<Format, Form[]>>;
  expected_attributes?: Record<string, unknown>;
  wmsg?: unknown[];
  expected_error?: { type?: string; contains?: string };
}
interface VectorFile {
  name: string;
  samples: Sample[];
}

const root = join(import.meta.dirname, '../../../../shared/vectors/singlemessage');
const found = existsSync(root);
const files: VectorFile[] = found
  ? ['basic', 'advanced'].flatMap((part) =>
      readdirSync(join(root, part)).map((name) => ({
        name: `${part}/${name}`,
        samples: (JSON.parse(readFileSync(join(root, part, name), 'utf8')) as VectorFile).samples,
      })),
    )
  : [];

/** What the vectors call the fields of a message. */
function attributesOf(message: Message): Record<string, unknown> {
  const fields = message as unknown as Record<string, unknown>;
  const payload = fields['payload'] as wamp.Payload | undefined;
  const details = fields['details'] as Dict | undefined;
  const opaque = payload?.opaque;
  const args = payload === undefined || payload.isEmpty || opaque !== undefined ? null : payload.args;
  const kwargs = payload === undefined || Object.keys(payload.kwargs).length === 0 ? null : payload.kwargs;
  return {
    ...fields,
    message_type: message.kind,
    request_id: fields['request'],
    request_type: fields['requestKind'],
    session_id: fields['session'],
    publication_id: fields['publication'],
    subscription_id: fields['subscription'],
    registration_id: fields['registration'],
    roles: details?.['roles'],
    args,
    kwargs,
    payload: opaque === undefined ? null : Buffer.from(opaque as Uint8Array).toString('hex'),
  };
}

/** The same message with a payload made from values, so that nothing of the received bytes is used again. */
function rebuilt(message: Message): Message {
  const payload = (message as { payload?: wamp.Payload }).payload;
  if (payload === undefined) return message;
  const { opaque } = payload;
  const fresh =
    opaque === undefined ? wamp.Payload.of(payload.args, payload.kwargs) : wamp.Payload.opaque(opaque);
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object), message, { payload: fresh });
}

describe.skipIf(!found)('the test vectors of single messages', () => {
  let forms = 0;
  let rules = 0;

  for (const file of files) {
    for (const sample of file.samples) {
      for (const serializer of serializers) {
        const { format } = serializer;
        const given = sample.serializers?.[format];
        if (given !== undefined) {
          forms += given.length;
          it(`MSG-031: ${file.name}, ${sample.description}: ${format}`, () => {
            const bytes = given.map((form) => hex(form.bytes_hex));
            const hexForms = given.map((form) => form.bytes_hex);
            for (const frame of bytes) {
              const message = serializer.decode(frame);
              const attributes = attributesOf(message);
              for (const [key, value] of Object.entries(sample.expected_attributes ?? {})) {
                expect(attributes[key], key).toEqual(value);
              }
              expect(hexForms).toContain(Buffer.from(serializer.encode(message)).toString('hex'));
              expect(hexForms).toContain(Buffer.from(serializer.encode(rebuilt(message))).toString('hex'));
            }
          });
        }
        if (sample.wmsg !== undefined) {
          rules++;
          it(`MSG-031: ${file.name}, ${sample.description}: ${format}`, () => {
            const frame = frameOf(serializer, sample.wmsg);
            const error = sample.expected_error;
            if (error === undefined) {
              expect(serializer.decode(frame).kind).toBe(sample.wmsg?.[0]);
            } else {
              expect(() => serializer.decode(frame)).toThrow(wamp.ProtocolViolation);
              expect(() => serializer.decode(frame)).toThrow(error.contains);
            }
          });
        }
      }
    }
  }

  it('are all there', () => {
    console.log(`test vectors: ${forms} byte forms and ${rules} validations checked`);
    expect(files).toHaveLength(26);
    expect(forms).toBeGreaterThan(0);
    expect(rules).toBeGreaterThan(0);
  });
});
