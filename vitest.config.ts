import { defineConfig } from 'vitest/config';

// Tests read the packages' sources through the `@wamp/source` condition, so nothing has to be built first.
const conditions = ['@wamp/source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/{src,test}/**/*.test.ts',
      'apps/*/{src,test}/**/*.test.ts',
      'scripts/**/*.test.mjs',
    ],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['packages/{protocol,dealer,broker}/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.fixture.ts', '**/testing/**'],
      thresholds: { lines: 95, branches: 95 },
      reporter: ['text', 'json-summary'],
    },
  },
});
