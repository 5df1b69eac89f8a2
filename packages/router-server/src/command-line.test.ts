import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.js';
import { CONFIG, defaultConfig } from './config-schema.js';

describe('the command line', () => {
  it('without flags runs with the defaults: loopback, port 8080, /ws, realm1', () => {
    expect(parseCommandLine([])).toEqual({ kind: 'run', config: defaultConfig(), directory: '.' });
    expect(defaultConfig()).toMatchObject({
      realms: [{ name: 'realm1' }],
      transports: [{ path: '/ws', endpoint: { port: 8080, interface: '127.0.0.1' } }],
    });
  });

  it('reads every flag; --realm and --allow-origin may be repeated', () => {
    const args =
      '--port 0 --host :: --path / --realm a --realm b.c --realm a --log-level warn --log-format json' +
      ' --allow-origin https://app.example --allow-origin *';
    const line = parseCommandLine(args.split(' '));
    expect(line).toMatchObject({
      kind: 'run',
      config: {
        realms: [{ name: 'a' }, { name: 'b.c' }],
        transports: [
          {
            path: '/',
            endpoint: { port: 0, interface: '::' },
            options: { allowed_origins: ['https://app.example', '*'] },
          },
        ],
        log: { level: 'warn', format: 'json' },
      },
    });
    expect(CONFIG.parse((line as { config: unknown }).config)).toEqual((line as { config: unknown }).config);
  });

  it('init names a file to write, check reads one', () => {
    expect(parseCommandLine(['init'])).toEqual({ kind: 'init', file: 'router.yaml' });
    expect(parseCommandLine(['init', '-'])).toEqual({ kind: 'init', file: '-' });
    expect(parseCommandLine(['check', '/no/such.yaml'])).toMatchObject({ kind: 'refuse' });
    expect(parseCommandLine(['check', '--help'])).toMatchObject({
      kind: 'print',
      text: expect.stringContaining('check a configuration file'),
    });
  });

  it.each([['--help'], ['-h']])('%s prints every option and examples', (flag) => {
    const line = parseCommandLine([flag]);
    expect(line.kind).toBe('print');
    for (const name of [
      'port',
      'host',
      'path',
      'realm',
      'allow-origin',
      'log-level',
      'log-format',
      'config',
      'version',
    ]) {
      expect(line).toMatchObject({ text: expect.stringContaining(`--${name}`) });
    }
    expect(line).toMatchObject({ text: expect.stringContaining('Examples:') });
  });

  it('--version prints the version', () => {
    expect(parseCommandLine(['--version'])).toMatchObject({
      kind: 'print',
      text: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it.each([
    [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['--port'], "option '-p, --port <number>' argument missing"],
    [['--port', 'abc'], "argument 'abc' is invalid. It must be a whole number from 0 to 65535."],
    [['--port', ''], 'It must be a whole number from 0 to 65535.'],
    [['check'], "missing required argument 'file'"],
    [['--port', '99999'], "argument '99999' is invalid"],
    [['--port', '0x50'], "argument '0x50' is invalid. It must be a whole number from 0 to 65535."],
    [['--port', '1e3'], "argument '1e3' is invalid"],
    [['--port', '80.0'], "argument '80.0' is invalid"],
    [['--port', ' 80'], "argument ' 80' is invalid"],
    [['--port=-1'], "argument '-1' is invalid"],
    [['--path', 'ws'], 'It must be a path that begins with a slash'],
    [['--realm', 'a b'], 'It must be a realm name, for example realm1'],
    [
      ['--allow-origin', 'app.example'],
      'It must be an origin, for example https://app.example.com, or * for all.',
    ],
    [['--host', 'a/b'], 'It must be an address or a host name.'],
    [['--log-level', 'loud'], 'It must be one of trace, debug, info, warn, error, silent.'],
    [['--log-format', 'xml'], 'It must be one of pretty, json.'],
    [['serve'], 'too many arguments'],
    [
      ['--config', '/no/such/file.json'],
      'cannot read the configuration file /no/such/file.json: there is no such file',
    ],
  ])('%j is refused with one sentence', (args, sentence) => {
    const line = parseCommandLine(args);
    expect(line).toMatchObject({ kind: 'refuse', sentence: expect.stringContaining(sentence) });
    expect(line.kind === 'refuse' && line.sentence).not.toContain('\n');
  });
});
