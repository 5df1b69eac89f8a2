/** The floors of the house: imports go down only, neighbours never import each other. See README, "The house". */
const only = (name, allowed) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `${name} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
  from: { path: `^packages/${name}/src`, pathNot: '\\.(test|test-d|fixture)\\.ts$' },
  to: { path: '^packages/', pathNot: [`^packages/(${[name, ...allowed].join('|')})/`] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'warn',
      from: { orphan: true, pathNot: ['\\.(test|test-d|fixture)\\.ts$', 'dist', 'test/', '/bin/', '/wasm/'] },
      to: {},
    },
    only('protocol', []),
    only('dealer', ['protocol']),
    only('broker', ['protocol']),
    only('event-store-sqlite', ['protocol', 'broker']),
    only('router', ['protocol', 'dealer', 'broker']),
    only('client', ['protocol', 'dealer']),
    only('router-server', ['protocol', 'router', 'event-store-sqlite']),
    only('cli', ['client']),
    only('react', ['client']),
    // The one place above floor 2 where client and router meet: a test's process has both.
    only('testing', ['protocol', 'router', 'client', 'dealer', 'broker']),
    {
      name: 'bench-imports',
      severity: 'error',
      comment:
        'What measures the router starts it as a process; within its own it has the parts that are measured there.',
      from: { path: '^apps/bench/src', pathNot: '^apps/bench/src/micro/' },
      to: { path: '^packages/' },
    },
    {
      name: 'bench-micro-imports',
      severity: 'error',
      from: { path: '^apps/bench/src/micro/' },
      to: { path: '^packages/', pathNot: '^packages/(protocol|dealer)/' },
    },
    {
      name: 'dealer-only-in-loopback',
      severity: 'error',
      comment: 'Only the in-process entry of the client may pull in the dealer.',
      from: { path: '^packages/client/src', pathNot: ['loopback\\.ts$', '\\.test\\.ts$'] },
      to: { path: '^packages/dealer/' },
    },
    {
      name: 'through-the-front-door',
      severity: 'error',
      comment: 'Other packages are imported by their name, never by a path into their files.',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: '^(packages|apps)/$2/', dependencyTypes: ['local'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@wamp/source', 'import', 'default'],
    },
  },
};
