/**
 * Shows that the model tests of dealer and broker find bugs: plants each into a copy of its own, runs the model test of every
 * copy, and demands that it fails; without a bug it has to pass. Prints what was found after how many random programs.
 *
 *   node scripts/planted-bugs.mjs [--only <dealer, broker, or part of a name>]
 *
 * A bug is an exact replacement in a source file. If the text is not there any more, the script says so and fails: then
 * the bug has to be written anew against the changed source.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './workspace.mjs';

/**
 * The model tests, and how each is made to run more programs than every day: a bug must not be found by luck.
 */
const MODELS = {
  dealer: { file: 'test/model.test.ts', from: '{ numRuns: 3000 }', to: '{ numRuns: 30_000 }' },
  broker: {
    file: 'test/broker-model.test.ts',
    from: "['BROKER_MODEL_RUNS'] ?? 150",
    to: "['BROKER_MODEL_RUNS'] ?? 4_000",
  },
};

/** What is planted into the dealer: a name, a file, a text that stands there once, and what replaces it. */
const DEALER_BUGS = [
  {
    name: 'the slot is not given back when the callee answers',
    file: 'src/invocation-lifecycle.ts',
    from: "/* Result        */ [stayQueued, step(Closed, { reply: 'result' }), step(Closed, { reply: 'result' })],",
    to: "/* Result        */ [stayQueued, step(Closed, { reply: 'result', slot: 'held' }), step(Closed, { reply: 'result' })],",
  },
  {
    name: 'a held slot does not come back with the late answer',
    file: 'src/callee-answers.ts',
    from: 'if (freed !== undefined) this.#lifecycle.freeSlot(freed, now);',
    to: 'void freed;',
  },
  {
    name: 'a slot comes back although the callee still works (skip)',
    file: 'src/invocation-lifecycle.ts',
    from: "const canceledAndHeld = step(Closed, { reply: 'canceled', slot: 'held' });",
    to: "const canceledAndHeld = step(Closed, { reply: 'canceled' });",
  },
  {
    name: 'two answers: a kill is answered at once, and by the callee',
    file: 'src/invocation-lifecycle.ts',
    from: "/* Kill          */ [canceled, step(Killing, { interrupt: 'kill' }), stayKilling],",
    to: "/* Kill          */ [canceled, step(Killing, { reply: 'canceled', interrupt: 'kill' }), stayKilling],",
  },
  {
    name: 'a record stays in the index of the caller',
    file: 'src/invocation-table.ts',
    from: 'caller.calls.delete(invocation.request);',
    to: 'if (invocation.timeoutMs === 0) caller.calls.delete(invocation.request);',
  },
  {
    name: 'a record stays in the index of the callee, so that a late YIELD finds it',
    file: 'src/invocation-table.ts',
    from: 'invocation.callee?.session.invocations.delete(invocation.id);',
    to: 'if (invocation.timeoutMs === 0) invocation.callee?.session.invocations.delete(invocation.id);',
  },
  {
    name: 'the timer of an answered call stays armed',
    file: 'src/invocation-table.ts',
    from: 'this.#deadlines.disarm(invocation);\n    invocation.payload = undefined;',
    to: 'invocation.payload = undefined;',
    // Without this the dealer would not come back from the first timeout.
    with: [
      {
        file: 'src/dealer.ts',
        from: 'this.#lifecycle.fire(due, CallEvent.Deadline, now);',
        to: 'if (due.state === 3) return;\n      this.#lifecycle.fire(due, CallEvent.Deadline, now);',
      },
    ],
  },
  {
    name: 'a late YIELD is forwarded: what is over is treated like what is open',
    file: 'src/invocation-lifecycle.ts',
    from: 'return state === Closed ? stayClosed : TABLE[event]![state];',
    to: 'return TABLE[event]![state === Closed ? Active : state];',
    with: [
      {
        file: 'src/invocation-table.ts',
        from: 'invocation.callee?.session.invocations.delete(invocation.id);',
        to: '',
      },
    ],
  },
  {
    name: 'the INTERRUPT of killnowait is forgotten',
    file: 'src/invocation-lifecycle.ts',
    from: "step(Closed, { reply: 'canceled', interrupt: 'killnowait', slot: 'free_if_interrupted' }),",
    to: "step(Closed, { reply: 'canceled', slot: 'free_if_interrupted' }),",
  },
  {
    name: 'the INTERRUPT for a caller that has left is forgotten',
    file: 'src/invocation-lifecycle.ts',
    from: "step(Closed, { interrupt: 'killnowait', slot: 'free_if_interrupted' }),",
    to: "step(Closed, { slot: 'free_if_interrupted' }),",
  },
  {
    name: 'the INTERRUPT after a timeout is forgotten',
    file: 'src/invocation-lifecycle.ts',
    from: "step(Closed, { reply: 'timeout', interrupt: 'killnowait', slot: 'free_if_interrupted' }),",
    to: "step(Closed, { reply: 'timeout', slot: 'free_if_interrupted' }),",
  },
  {
    name: 'a callee that cannot be interrupted gets INTERRUPT',
    file: 'src/lifecycle-runner.ts',
    from: "if (step.interrupt !== 'none' && canBeInterrupted) {",
    to: "if (step.interrupt !== 'none') {",
  },
  {
    name: 'after a kill the caller is not told that the callee has left',
    file: 'src/invocation-lifecycle.ts',
    from: '/* CalleeGone    */ [canceled, canceled, canceled],',
    to: '/* CalleeGone    */ [canceled, canceled, stayKilling],',
  },
  {
    name: 'roundrobin does not step on',
    file: 'src/invocation-policy.ts',
    from: 'if (!isEligible(callee, tried)) continue;\n    registration.turn = (index + 1) % count;',
    to: 'if (!isEligible(callee, tried)) continue;\n    registration.turn = index;',
  },
  {
    name: 'roundrobin leaves somebody out when a callee before it leaves',
    file: 'src/registration.ts',
    from: 'if (index < this.turn) this.turn -= 1;',
    to: '',
  },
  {
    name: 'least_pending breaks ties by age instead of load',
    file: 'src/invocation-policy.ts',
    from: '(best !== undefined && callee.taken >= best.taken)',
    to: 'best !== undefined',
  },
  {
    name: 'the last callee is the first',
    file: 'src/invocation-policy.ts',
    from: 'return callees.findLast((callee) => isEligible(callee, tried));',
    to: 'return callees.find((callee) => isEligible(callee, tried));',
  },
  {
    name: 'a full callee is called',
    file: 'src/callee.ts',
    from: 'return this.taken < this.concurrency && !this.session.congested;',
    to: 'return this.taken <= this.concurrency && !this.session.congested;',
  },
  {
    name: 'a waiting call is not sent on when a slot comes back',
    file: 'src/lifecycle-runner.ts',
    from: 'callee.taken -= 1;\n    this.#dispatch.drain(callee.registration, now);',
    to: 'callee.taken -= 1;',
  },
  {
    name: 'a waiting call is overtaken by a new one',
    file: 'src/invoker.ts',
    from: 'registration.queue.size > 0 ? undefined : this.#choose(registration, message.options)',
    to: 'this.#choose(registration, message.options)',
  },
  {
    name: 'progress that nobody asked for is forwarded',
    file: 'src/lifecycle-runner.ts',
    from: 'if (isIgnored(step) || (event === CallEvent.Progress && !invocation.wantsProgress)) return;',
    to: 'if (isIgnored(step)) return;',
  },
  {
    name: 'a late chunk begins a call of its own',
    file: 'src/invocation-table.ts',
    from: 'if (!invocation.callerDone) caller.endedStreams.ended(invocation.request);',
    to: '',
  },
  {
    name: 'an unregistered callee keeps its registration in the table',
    file: 'src/registrar.ts',
    from: 'if (registration.callees.length === 0) this.#registrations.delete(registration);',
    to: '',
  },
  {
    name: 'the timer is not armed anew by a progressive result',
    file: 'src/invocation-lifecycle.ts',
    from: "step(Active, { reply: 'progress', rearms: true })",
    to: "step(Active, { reply: 'progress' })",
  },
  {
    name: 'the deadline is disarmed by a kill',
    file: 'src/lifecycle-runner.ts',
    from: 'else invocation.state = step.next;',
    to: "else {\n      invocation.state = step.next;\n      if (step.interrupt === 'kill') this.#table.rearm(invocation, Infinity);\n    }",
  },
  {
    name: 'the best match: the shortest prefix wins',
    package: 'protocol',
    file: 'src/radix-tree.ts',
    from: 'if (node.value !== undefined) best = node.value;',
    to: 'best ??= node.value;',
  },
  {
    name: 'the best match: a change of the patterns is noticed late',
    package: 'protocol',
    file: 'src/uri-table.ts',
    from: 'this.#bestPatterns.forgetAll();',
    to: '',
  },
];

/** The same for the broker. */
const BROKER_BUGS = [
  {
    name: 'the publisher gets its own event from later slices',
    file: 'src/fanout.ts',
    from: 'if (session === publisher && !includesPublisher) return false;',
    to: '',
  },
  {
    name: 'later slices do not look at the lists',
    file: 'src/fanout.ts',
    from: 'return filter === undefined || filter.admits(session.identity);',
    to: 'return true;',
  },
  {
    name: 'who subscribes while an event is on its way gets it',
    file: 'src/fanout.ts',
    from: 'if (subscriber === undefined || subscriber.number > this.#lastNumber) {',
    to: 'if (subscriber === undefined) {',
  },
  {
    name: 'a slice that is full forgets the rest of its subscription',
    file: 'src/fanout.ts',
    from: 'if (!this.#serve(this.subscriptions[this.#at]!, slice)) return false;',
    to: 'this.#serve(this.subscriptions[this.#at]!, slice);',
  },
  {
    name: 'who was served before its turn is served again',
    file: 'src/fanout.ts',
    from: '(this.#served ??= new Set()).add(subscriber);',
    to: '',
  },
  {
    name: 'who has got an event gets it again with what is retained',
    file: 'src/fanout.ts',
    from: 'if (at === this.#at && subscriber.number <= this.#position) continue;',
    to: '',
  },
  {
    name: 'later slices tell everybody who the publisher is',
    file: 'src/fanout.ts',
    from: 'return this.publication.facts & session.takesFacts;',
    to: 'return this.publication.facts;',
  },
  {
    name: 'later slices leave out the topic of pattern subscriptions',
    file: 'src/fanout.ts',
    from: "match === 'exact' ? undefined : topic,",
    to: "match === 'exact' || match === 'wildcard' ? undefined : topic,",
  },
  {
    name: 'a publication does not wait for those of its publisher',
    file: 'src/fanout-queue.ts',
    from: 'this.#waitFor(fanout, fanout.publication.publisher.lastFanout);',
    to: '',
    with: [
      {
        file: 'src/event-fanout.ts',
        from: 'if (publication.publisher.lastFanout !== undefined || behind?.lastFanout !== undefined) return false;',
        to: '',
      },
    ],
  },
  {
    name: 'a small publication overtakes a large one of its publisher',
    file: 'src/event-fanout.ts',
    from: 'if (publication.publisher.lastFanout !== undefined || behind?.lastFanout !== undefined) return false;',
    to: '',
  },
  {
    name: 'a publication does not wait for those on its subscriptions',
    file: 'src/fanout-queue.ts',
    from: 'for (const subscription of fanout.remaining) this.#waitFor(fanout, subscription.lastFanout);',
    to: '',
  },
  {
    name: 'a small publication overtakes a large one on its subscription',
    file: 'src/event-fanout.ts',
    from: 'if (subscription.lastFanout !== undefined) return false;',
    to: '',
  },
  {
    name: 'a publication that waited is forgotten',
    file: 'src/fanout-queue.ts',
    from: 'if (dependant.waitsFor === 0) this.#ready.push(dependant);',
    to: '',
  },
  {
    name: 'no further turn is asked for',
    file: 'src/fanout-queue.ts',
    from: 'this.#takeTurn();\n      this.#scheduleTurn();',
    to: 'this.#takeTurn();',
  },
  {
    name: 'a publisher is not pushed back',
    file: 'src/fanout-queue.ts',
    from: 'this.#outbox.pushBack?.(publisher.owner, true);',
    to: '',
  },
  {
    name: 'a publisher stays pushed back',
    file: 'src/fanout-queue.ts',
    from: 'if (publisher.attached) this.#outbox.pushBack?.(publisher.owner, false);',
    to: '',
  },
  {
    name: 'what is on its way is not bounded',
    file: 'src/fanout-queue.ts',
    from: 'this.#relieve();\n    this.#pushBack',
    to: 'this.#pushBack',
  },
  {
    name: 'retained events come before what is on its way',
    file: 'src/broker.ts',
    from: 'this.#fanout.serveFirst(session);',
    to: '',
  },
  {
    name: 'small publications: trust levels for those who did not ask',
    file: 'src/event-fanout.ts',
    from: 'for (let told = facts; told > NO_FACTS; told = (told - 1) & facts) {',
    to: 'for (let told = facts; told > NO_FACTS; told -= 2) {',
  },
  {
    name: 'small publications: an empty whitelist admits everybody',
    file: 'src/publication-filter.ts',
    from: 'return whitelist === undefined || whitelist.has(value);',
    to: 'return whitelist === undefined || whitelist.size === 0 || whitelist.has(value);',
  },
  {
    name: 'retained events: an empty whitelist admits everybody',
    file: 'src/publication-filter.ts',
    from: 'lists.eligible_authid?.includes(authid) !== false &&',
    to: '(lists.eligible_authid?.length === 0 || lists.eligible_authid?.includes(authid) !== false) &&',
  },
  {
    name: 'small publications: the publisher gets its own event',
    file: 'src/event-fanout.ts',
    from: 'if (session === publisher && isPublisherLeftOut) continue;',
    to: '',
  },
  {
    name: 'the list of subscribers is not made anew',
    file: 'src/subscription.ts',
    from: 'this.#subscribers.delete(subscriber.session);\n    this.#forgetLists();',
    to: 'this.#subscribers.delete(subscriber.session);',
  },
  {
    name: 'subscribing again makes a second subscriber',
    file: 'src/subscribing.ts',
    from: 'if (own !== undefined) {',
    to: 'if (own !== undefined && session.subscriptions.size === 1) {',
  },
  {
    name: 'the last one to leave leaves its subscription behind',
    file: 'src/subscribing.ts',
    from: 'if (subscription.isIdle) this.#subscriptions.delete(subscription);',
    to: '',
  },
  {
    name: 'events for some sessions only are in the history',
    file: 'src/event-keeping.ts',
    from: 'if (options.eligible !== undefined || options.exclude !== undefined) return NO_HISTORIES;',
    to: 'if (options.eligible !== undefined) return NO_HISTORIES;',
  },
  {
    name: 'an event for everybody does not replace the restricted ones',
    file: 'src/retained-events.ts',
    from: 'if (event.audience === undefined) this.#forgetTopic(event.topic);',
    to: '',
  },
  {
    name: 'the publisher gets its own retained event',
    file: 'src/retention.ts',
    from: 'if (event.excludedSession === identity.session || !isAdmitted(event.audience, identity)) return false;',
    to: 'if (!isAdmitted(event.audience, identity)) return false;',
  },
  {
    name: 'a history does not ask who may know',
    file: 'src/event-history.ts',
    from: 'if (!isAdmitted(event.audience, requester)) continue;',
    to: '',
  },
];

const BUGS = [
  ...DEALER_BUGS.map((bug) => ({ model: 'dealer', ...bug })),
  ...BROKER_BUGS.map((bug) => ({ model: 'broker', ...bug })),
];

/** Nothing heard for so long means that a model never comes back. */
const PATIENCE_MS = 120_000;

/**
 * The repository's vitest configuration as far as the copies need it. They are modules of the same two workers, so that no
 * copy pays for a start of its own. Without shrinking: any failing program will do.
 */
const SETTINGS = {
  'vitest.config.mjs': `
    const conditions = ['@wamp/source', 'module', 'node', 'import', 'default'];
    export default {
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        include: ${JSON.stringify(Object.entries(MODELS).map(([model, { file }]) => `*/${model}/${file}`))},
        pool: 'threads',
        maxWorkers: 2,
        isolate: false,
        testTimeout: ${PATIENCE_MS},
        setupFiles: ['./no-shrinking.mjs'],
        reporters: ['./findings.mjs'],
      },
    };`,
  'no-shrinking.mjs': `
    import fc from 'fast-check';
    fc.configureGlobal({ endOnFailure: true, includeErrorInReport: true });`,
  // One line for each copy, as soon as it is through.
  'findings.mjs': `
    const said = ({ stack, message }) => stack ?? message;
    export default class {
      onTestModuleEnd(module) {
        const [test] = [...module.children.allTests()];
        const result = test?.result();
        const finding = {
          copy: Number(module.relativeModuleId.split('/')[0]),
          hasRun: test !== undefined,
          hasPassed: result?.state === 'passed',
          text: (result?.errors ?? module.errors()).map(said).join('\\n'),
          ms: test?.diagnostic()?.duration,
        };
        process.stdout.write('\\n' + JSON.stringify(finding) + '\\n');
      }
    }`,
};

/** A temporary folder where the dependencies are linked and nothing can harm the originals. */
function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'planted-bugs-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  copyPackage('protocol', join(folder, 'sound', 'protocol'));
  for (const [name, text] of Object.entries(SETTINGS)) writeFileSync(join(folder, name), text);
  return folder;
}

function copyPackage(name, to) {
  const from = join(root, 'packages', name);
  // Without settings for TypeScript, which refer to other packages and are not needed to leave types out.
  const unwanted = ['dist', 'node_modules', 'tsconfig.json'];
  const isWanted = (path) =>
    !path
      .slice(from.length)
      .split(sep)
      .some((part) => unwanted.includes(part));
  cpSync(from, to, { recursive: true, filter: isWanted });
}

/** A copy of the package whose model is asked, with these changes in it, and of protocol if one of them is there. */
function makeCopy(folder, number, model, changes) {
  const copy = join(folder, String(number));
  copyPackage(model, join(copy, model));
  const hasProtocol = changes.some((change) => change.package === 'protocol');
  if (hasProtocol) copyPackage('protocol', join(copy, 'protocol'));
  mkdirSync(join(copy, model, 'node_modules', '@wamp'), { recursive: true });
  symlinkSync(
    join(hasProtocol ? copy : join(folder, 'sound'), 'protocol'),
    join(copy, model, 'node_modules', '@wamp', 'protocol'),
    'junction',
  );
  for (const change of changes) plant(copy, model, change);
}

/** The text in the copy's file is there exactly once, and is replaced. */
function plant(copy, model, { package: name = model, file, from, to }) {
  const path = join(copy, name, file);
  const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const count = source.split(from).length - 1;
  if (count !== 1) {
    throw new Error(
      `packages/${name}/${file} has the text of this bug ${count} times instead of once. ` +
        `Write the bug anew against the source as it is now:\n\n${from}\n`,
    );
  }
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
}

/** Runs the model tests of all copies. @returns what they found, by number of the copy */
function runModels(folder) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const findings = new Map();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', '--root', folder], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complained = '';
    child.stderr.on('data', (chunk) => (complained += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"copy":')) return;
      const finding = JSON.parse(line);
      findings.set(finding.copy, finding);
      timer.refresh();
      if (process.stderr.isTTY) process.stderr.write('.');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      if (findings.size > 0) resolve(findings);
      else reject(new Error(`the model tests could not be run:\n${complained}`));
    });
  });
}

/** What the model said about a bug, in one line. */
function rowOf(finding) {
  if (finding === undefined) return ['NEVER CAME BACK: write the bug so that it does', '', ''];
  const { hasRun, hasPassed, text, ms } = finding;
  if (hasPassed) return ['NOT FOUND', '', ''];
  const runs = /failed after (\d+) tests?/.exec(text)?.[1];
  const sentence = /^Got (?:error: )?(.+)/m.exec(text)?.[1]?.trim() ?? 'the model does not say why';
  // A copy that does not even compile proves nothing.
  if (!hasRun || runs === undefined) return [`BROKEN: ${text.split('\n')[0]}`, '', ''];
  return [sentence, runs, Math.round(ms).toString()];
}

function print(rows) {
  const head = ['planted bug', 'found by', 'programs', 'ms'];
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length), title.length),
  );
  const line = (row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ');
  console.log(line(head));
  console.log(widths.map((width) => '─'.repeat(width)).join('  '));
  for (const row of rows) console.log(line(row));
}

async function main() {
  const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';
  const bugs = BUGS.filter(({ name, model }) => name.includes(only) || model === only);
  const models = [...new Set(bugs.map(({ model }) => model))];
  const folder = makeFolder();
  try {
    models.forEach((model, at) => {
      makeCopy(folder, at, model, []);
    });
    // All texts are looked for first: whoever changes the code learns at once what has to be written anew.
    bugs.forEach((bug, at) => {
      makeCopy(folder, models.length + at, bug.model, [MODELS[bug.model], bug, ...(bug.with ?? [])]);
    });
    const findings = await runModels(folder);
    const rows = models.map((model, at) => {
      const sound = findings.get(at);
      if (sound?.hasPassed !== true)
        throw new Error(`without a bug the ${model}'s model test has to pass:\n${sound?.text}`);
      return [`(none: ${model})`, 'passes, as it has to', 'all', Math.round(sound.ms).toString()];
    });
    const found = bugs.map((bug, at) => [bug.name, ...rowOf(findings.get(models.length + at))]);
    print([...rows, ...found]);
    const missed = found.filter(([, , programs]) => programs === '').length;
    console.log(`\n${bugs.length - missed} of ${bugs.length} planted bugs were found`);
    return missed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
