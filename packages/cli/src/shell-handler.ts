/**
 * A shell command as the handler of a procedure: arguments as JSON on its standard input, its output as the result.
 * The command is what the operator wrote; nothing that a caller sends becomes part of it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { WampError, type Invocation, type InvocationHandler } from '@wamp/client';
import { linesOf } from './lines.js';
import type { Terminal } from './terminal.js';
import { jsonFrom, valueFrom } from './values.js';

/** What a command may print for one call, and what is kept of its standard error. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAX_COMPLAINT_CHARS = 1_000;

/**
 * Makes the handler. A canceled call, or one that timed out, ends the command. An exit code other than 0 is
 * `wamp.error.runtime_error` with the end of what the command wrote to standard error.
 * @param byLines each line is a progressive result; the call's result is empty
 */
export function shellHandler(command: string, byLines: boolean, terminal: Terminal): InvocationHandler {
  const start = (invocation: Invocation): ChildProcessWithoutNullStreams => {
    const { args, kwargs, procedure, signal } = invocation;
    const child = spawn(command, {
      shell: true,
      signal,
      env: { ...terminal.env, WAMP_PROCEDURE: procedure },
    });
    // A command that does not read its input closes the pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${jsonFrom({ args, kwargs }, 0)}\n`);
    return child;
  };
  if (byLines) {
    return async function* (_args, invocation) {
      const child = start(invocation);
      const ended = ending(child);
      for await (const line of linesOf(child.stdout)) yield valueFrom(line);
      await ended;
    };
  }
  return async (_args, invocation) => {
    const child = start(invocation);
    const [text] = await Promise.all([outputOf(child), ending(child)]);
    return text === '' ? undefined : valueFrom(text);
  };
}

async function outputOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of child.stdout as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_OUTPUT_BYTES) {
      child.kill();
      throw new WampError('wamp.error.payload_size_exceeded', ['the command printed more than 16 MiB']);
    }
    parts.push(part);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** Resolves when the command has ended well. */
async function ending(child: ChildProcessWithoutNullStreams): Promise<void> {
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString('utf8')).slice(-MAX_COMPLAINT_CHARS);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return;
  const how = code === null ? `was ended by ${String(signal)}` : `ended with exit code ${code}`;
  throw new WampError('wamp.error.runtime_error', [`the command ${how}`], { stderr: complaint.trim() });
}
