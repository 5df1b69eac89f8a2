/**
 * From options and environment to the ways in which the command can log in. Secrets are better kept out of command lines,
 * which other users of a machine can read: each has a variable, and `@FILE` stands for the content of a file.
 */
import { readFileSync } from 'node:fs';
import { UsageError, type Authenticator } from '@wamp/client';
import { cryptosign, jwt, scram, ticket, wampcra } from '@wamp/client/auth';
import { Option, type Command } from 'commander';

export interface Credentials {
  readonly authid?: string;
  readonly privateKey?: string;
  readonly password?: string;
  readonly secret?: string;
  readonly ticket?: string;
  readonly jwt?: string;
}

/** Adds the options of logging in to a command. */
export function withCredentials(command: Command): Command {
  return command
    .addOption(new Option('--authid <name>', 'who we are').env('WAMP_AUTHID'))
    .addOption(new Option('--private-key <hex>', 'log in with cryptosign').env('WAMP_PRIVATE_KEY'))
    .addOption(new Option('--password <text>', 'log in with wamp-scram').env('WAMP_PASSWORD'))
    .addOption(new Option('--secret <text>', 'log in with wampcra').env('WAMP_SECRET'))
    .addOption(new Option('--ticket <text>', 'log in with a ticket').env('WAMP_TICKET'))
    .addOption(new Option('--jwt <token>', 'log in with a JWT').env('WAMP_JWT'));
}

/**
 * The methods that the credentials allow, the strongest first; none is anonymous.
 * @throws UsageError if a method needs an authid and there is none, or if a file cannot be read
 */
export function authenticatorsFrom(credentials: Credentials): readonly Authenticator[] {
  const { authid, privateKey, password, secret } = credentials;
  const named = (flag: string): string => {
    if (authid === undefined) throw new UsageError(`--${flag} needs --authid`);
    return authid;
  };
  const methods: Authenticator[] = [];
  if (privateKey !== undefined) methods.push(withKey(textOf(privateKey), authid));
  if (password !== undefined) methods.push(scram(named('password'), textOf(password)));
  if (secret !== undefined) methods.push(wampcra(named('secret'), textOf(secret)));
  if (credentials.ticket !== undefined) methods.push(ticket(named('ticket'), textOf(credentials.ticket)));
  if (credentials.jwt !== undefined) methods.push(jwt(textOf(credentials.jwt), authid));
  return methods;
}

function withKey(key: string, authid: string | undefined): Authenticator {
  try {
    return cryptosign(key, authid === undefined ? {} : { authid });
  } catch (cause) {
    throw new UsageError('--private-key has to be 64 hexadecimal digits', { cause });
  }
}

/** `@FILE` is the file's content, without the line's end. */
function textOf(value: string): string {
  if (!value.startsWith('@')) return value;
  try {
    return readFileSync(value.slice(1), 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new UsageError(`${value.slice(1)} cannot be read`, { cause });
  }
}
